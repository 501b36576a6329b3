import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { concat } from '../../src/runtime/ops/concat.ts';
import { packImage, unpackImage } from '../../src/runtime/ops/image.ts';
import { maxPool2d } from '../../src/runtime/ops/max_pool2d.ts';
import { pad2d } from '../../src/runtime/ops/pad2d.ts';
import { slice } from '../../src/runtime/ops/slice.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import { Tape } from '../../src/runtime/tape.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

/** y and dx of a max pooling over 2x2 windows that overlap, for dy of ones. */
async function pooled(shape: Shape, x: number[]) {
  const program = await gpu.compile(() => {
    const input = gpu.input('x', shape);
    const tape = new Tape();
    tape.watch([input]);
    const y = maxPool2d(tape, input, { kernel: [2, 2], stride: [1, 1] });
    return { y, dx: tape.gradients(y, gpu.input('dy', y.shape), [input])[0]! };
  });
  const { y, dx } = await program.run({ x, dy: new Float32Array(program.outputs.y!.size).fill(1) });
  program.dispose();
  return { y: [...y!], dx: [...dx!] };
}

test('max_pool2d: equal values give the gradient to the first in row order', async () => {
  const { dx } = await pooled([1, 3, 2, 1], [5, 5, 5, 5, 5, 5]);
  assert.equal(dx, [1, 0, 1, 0, 0, 0]);
});

test('max_pool2d: NaN and infinities pass through', async () => {
  const { y, dx } = await pooled(
    [1, 4, 2, 1],
    [1, Number.NaN, 9, 2, -Infinity, -Infinity, -Infinity, -Infinity],
  );
  assert.equal(y, [Number.NaN, 9, -Infinity]);
  assert.equal(dx, [0, 1, 1, 0, 1, 0, 0, 0]);
});

test('every pixel value goes through unpack and pack unchanged, bit for bit', async () => {
  const bytes = Uint8ClampedArray.from({ length: 17 * 19 * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : i * 37 + (i >> 8),
  );
  const program = await gpu.compile(() => {
    const x = unpackImage(gpu.input('rgba', [17 * 19], 'u32'), [1, 17, 19]);
    return { x, rgba: packImage(x) };
  });
  const { x, rgba } = await program.run({ rgba: bytes });
  assert.equal(new Uint8ClampedArray(rgba!.buffer), bytes);
  for (const i of [0, 1, 2, 300]) {
    assert.ok(Math.abs(x![i]! - (bytes[Math.floor(i / 3) * 4 + (i % 3)]! / 127.5 - 1)) < 1e-6);
  }
  assert.throws(() => program.write({ rgba: bytes.subarray(4) }), /takes 1292 bytes/);
  program.dispose();
});

test('sizes that do not fit are refused by name', async () => {
  await gpu.compile(() => {
    const x = gpu.input('x', [2, 4, 5, 3]);
    assert.throws(() => pad2d(null, x, [0, 0, 4, 0], 'reflect'), /pad2d: x \[2, 4, 5, 3\] cannot be padded/);
    assert.throws(() => pad2d(null, x, [6, 0, 0, 0], 'circular'), /cannot be padded/);
    assert.throws(() => slice(null, x, 2, 2), /slice: 2 \+ 2 of the last dimension/);
    assert.throws(() => concat(null, [x, gpu.input('b', [2, 4, 6, 3])]), /concat: a part is \[2, 4, 6, 3\]/);
    assert.throws(() => maxPool2d(null, x, { kernel: [2, 2], padding: [2, 1] }), /more than half/);
    return { x };
  });
});

test.run();
