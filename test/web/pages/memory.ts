// Lets a device run out of memory: whoever makes a buffer of more than `largest` bytes is told so by the scope around it.

let largest = Number.POSITIVE_INFINITY;
let refused = false;
const { createBuffer, popErrorScope, pushErrorScope } = GPUDevice.prototype;
const scopes: GPUErrorFilter[] = [];

GPUDevice.prototype.createBuffer = function (descriptor) {
  if (descriptor.size > largest) refused = true;
  return createBuffer.call(this, descriptor);
};
GPUDevice.prototype.pushErrorScope = function (filter) {
  scopes.push(filter);
  return pushErrorScope.call(this, filter);
};
GPUDevice.prototype.popErrorScope = async function () {
  const isMemory = scopes.pop() === 'out-of-memory';
  const hit = isMemory && refused;
  if (isMemory) refused = false;
  const found = await popErrorScope.call(this);
  return hit ? new GPUOutOfMemoryError('no memory is left') : found;
};

Object.assign(globalThis, {
  memory: (bytes: number) => {
    largest = bytes;
  },
});
