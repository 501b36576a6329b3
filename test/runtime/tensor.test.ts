import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const range = (n: number) => Float32Array.from({ length: n }, (_, i) => i + 1);

test('values are written and read back dense, whatever the padding', async () => {
  for (const shape of [[1], [3], [4], [5], [2, 3], [2, 2, 7]]) {
    const size = shape.reduce((a, b) => a * b, 1);
    const x = gpu.parameter('x', shape, range(size));
    assert.is(x.size, size);
    assert.equal([...(await gpu.read(x))], [...range(size)]);
    gpu.dispose(x);
  }
});

test('a parameter without values is zero, padding included', async () => {
  const x = gpu.parameter('x', [2, 3]);
  assert.equal([...(await gpu.read(x.asStored()))], new Array(8).fill(0));
});

test('a view has the same storage; the last dimension stays', async () => {
  const x = gpu.parameter('x', [2, 3, 5], range(30));
  const y = x.view([6, 5]);
  assert.is(y.storage, x.storage);
  assert.equal([...(await gpu.read(y))], [...range(30)]);
  assert.is(x.view([2, 3, 5]), x, 'the same shape is the same tensor');
});

test('a dense tensor may be seen under any dense shape', async () => {
  const x = gpu.parameter('x', [2, 3, 4], range(24));
  assert.equal([...(await gpu.read(x.view([3, 8])))], [...range(24)]);
  assert.equal([...(await gpu.read(x.view([24])))], [...range(24)]);
});

test('a view that would shift values into padding is refused, with both shapes', () => {
  const padded = gpu.parameter('p', [4, 3]);
  const dense = gpu.parameter('d', [3, 4]);
  for (const [tensor, shape] of [
    [padded, [12]],
    [padded, [3, 4]],
    [padded, [2, 6]],
    [dense, [4, 3]],
    [dense, [3, 5]],
    [dense, [2, 4]],
  ] as const) {
    assert.throws(
      () => tensor.view(shape),
      (e: Error) => e instanceof KernelError && e.message.includes(`[${shape.join(', ')}]`),
      `${tensor.shape} as ${shape}`,
    );
  }
});

test('asStored shows the padding, which kernels leave zero', async () => {
  const x = gpu.parameter('x', [3, 5], range(15));
  const program = await gpu.compile(() => ({ y: transpose(null, x) }));
  await program.run();
  const stored = await gpu.read(program.outputs.y!.asStored());
  assert.is(stored.length, 5 * 4);
  assert.equal([...stored.slice(0, 8)], [1, 6, 11, 0, 2, 7, 12, 0]);
  program.dispose();
});

test('a scalar is one buffer for each value', async () => {
  const before = gpu.counts.buffers;
  assert.is(gpu.scalar(0.25), gpu.scalar(0.25));
  assert.is(gpu.counts.buffers, before + 1);
  assert.equal([...(await gpu.read(gpu.scalar(0.25)))], [0.25]);
});

test('writes of the wrong length name the tensor and its shape', () => {
  const x = gpu.parameter('conv1.weight', [2, 3]);
  assert.throws(() => gpu.write(x, range(5)), /write: conv1\.weight is \[2, 3\], 5 values came/);
});

test.run();
