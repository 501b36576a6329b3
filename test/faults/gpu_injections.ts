import type { Gpu } from '../../src/runtime/gpu.ts';

/** Something that goes wrong on a device. */
export interface GpuInjection {
  readonly name: string;
  /** What is done to an open device before a program is compiled. */
  apply(gpu: Gpu, nth: number): void;
}

type Any = Record<string, (...values: unknown[]) => unknown>;

/** Replaces a method; the replacement is given the real one. */
export function replace(
  target: object,
  name: string,
  by: (real: (...values: unknown[]) => unknown, values: unknown[]) => unknown,
): void {
  const real = (target as Any)[name]!.bind(target);
  Object.defineProperty(target, name, {
    value: (...values: unknown[]) => by(real, values),
    configurable: true,
  });
}

/** Lets the nth call of a method, from 0, go wrong. */
export function nthCall(
  target: object,
  name: string,
  nth: number,
  by: (real: (...values: unknown[]) => unknown, values: unknown[]) => unknown,
): void {
  let count = 0;
  replace(target, name, (real, values) => (count++ === nth ? by(real, values) : real(...values)));
}

/** Shows every compute pass, with the encoder that it belongs to. */
function onPass(gpu: Gpu, show: (pass: GPUComputePassEncoder, encoder: GPUCommandEncoder) => void): void {
  replace(gpu.device, 'createCommandEncoder', (create, values) => {
    const encoder = create(...values) as GPUCommandEncoder;
    replace(encoder, 'beginComputePass', (begin, options) => {
      const pass = begin(...options) as GPUComputePassEncoder;
      show(pass, encoder);
      return pass;
    });
    return encoder;
  });
}

/** Buffers of a label, as they are made. */
const onBuffer = (gpu: Gpu, nth: number, by: (buffer: GPUBuffer) => void) =>
  nthCall(gpu.device, 'createBuffer', nth, (create, values) => {
    const buffer = create(...values) as GPUBuffer;
    by(buffer);
    return buffer;
  });

export const TEBIBYTE = 2 ** 40;

/** Each is tried at several places: the nth call of its kind. */
export const GPU_INJECTIONS: readonly GpuInjection[] = [
  {
    name: 'a dispatch of 65,536 workgroups',
    apply: (gpu, nth) =>
      onPass(gpu, (pass) => nthCall(pass, 'dispatchWorkgroups', nth % 3, (real) => real(65_536))),
  },
  {
    name: 'a dispatch that is dropped',
    apply: (gpu, nth) => onPass(gpu, (pass) => nthCall(pass, 'dispatchWorkgroups', nth % 3, () => undefined)),
  },
  {
    name: 'a bind group that is not set',
    apply: (gpu) => onPass(gpu, (pass) => nthCall(pass, 'setBindGroup', 0, () => undefined)),
  },
  {
    name: 'a pipeline that is not set',
    apply: (gpu) => onPass(gpu, (pass) => nthCall(pass, 'setPipeline', 0, () => undefined)),
  },
  {
    name: 'a pass that does not end',
    apply: (gpu) => onPass(gpu, (pass) => replace(pass, 'end', () => undefined)),
  },
  {
    name: 'a buffer of 1 TiB',
    apply: (gpu, nth) =>
      nthCall(gpu.device, 'createBuffer', nth % 6, (real, [about]) =>
        real({ ...(about as object), size: TEBIBYTE }),
      ),
  },
  {
    name: 'a buffer that is destroyed',
    apply: (gpu, nth) => onBuffer(gpu, nth % 3, (buffer) => queueMicrotask(() => buffer.destroy())),
  },
  {
    name: 'a buffer for nothing',
    apply: (gpu, nth) =>
      nthCall(gpu.device, 'createBuffer', nth % 3, (real, [about]) =>
        real({ ...(about as object), usage: GPUBufferUsage.INDEX }),
      ),
  },
  {
    name: 'a pipeline that fails',
    apply: (gpu, nth) =>
      nthCall(gpu.device, 'createComputePipelineAsync', nth % 3, async () => {
        throw new Error('injected');
      }),
  },
  {
    name: 'WGSL that is broken',
    apply: (gpu, nth) =>
      nthCall(gpu.device, 'createShaderModule', nth % 3, (real, [about]) =>
        real({ ...(about as object), code: 'fn main( {' }),
      ),
  },
  {
    name: 'a bind group of other buffers',
    apply: (gpu, nth) =>
      nthCall(gpu.device, 'createBindGroup', nth % 3, (real, [about]) => {
        const { entries, ...rest } = about as GPUBindGroupDescriptor;
        return real({ ...rest, entries: [...entries].slice(1) });
      }),
  },
  {
    name: 'a map that is refused',
    apply: (gpu) =>
      replace(gpu.device, 'createBuffer', (create, values) => {
        const buffer = create(...values) as GPUBuffer;
        replace(buffer, 'mapAsync', async () => {
          throw new Error('injected');
        });
        return buffer;
      }),
  },
  {
    name: 'a map that never ends',
    apply: (gpu) =>
      replace(gpu.device, 'createBuffer', (create, values) => {
        const buffer = create(...values) as GPUBuffer;
        replace(buffer, 'mapAsync', () => new Promise(() => {}));
        return buffer;
      }),
  },
  {
    name: 'a copy past the end',
    apply: (gpu) =>
      replace(gpu.device, 'createCommandEncoder', (create, values) => {
        const encoder = create(...values) as GPUCommandEncoder;
        replace(encoder, 'copyBufferToBuffer', (real, [from, at, to, , size]) => real(from, at, to, 4, size));
        return encoder;
      }),
  },
  {
    name: 'a write past the end',
    apply: (gpu) =>
      nthCall(gpu.device.queue, 'writeBuffer', 1, (real, [buffer, , data]) => real(buffer, 2 ** 20, data)),
  },
  {
    name: 'an error that nobody asked for',
    apply: (gpu, nth) =>
      nthCall(gpu.device.queue, 'submit', nth % 2, (real, values) => {
        gpu.device.dispatchEvent(
          Object.assign(new Event('uncapturederror'), { error: new Error('injected') }),
        );
        return real(...values);
      }),
  },
];
