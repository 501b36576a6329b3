import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { extentOf, grid1d, padRows, unpadRows } from '../../src/runtime/shape.ts';
import { launchTranspose } from './launches.ts';

test('the last dimension is padded to a multiple of four, no other', () => {
  assert.equal(extentOf([2, 3, 5]), { pitch: 8, rows: 6, length: 48 });
  assert.equal(extentOf([2, 3, 8]), { pitch: 8, rows: 6, length: 48 });
  assert.equal(extentOf([1]), { pitch: 4, rows: 1, length: 4 });
  assert.equal(extentOf([]), { pitch: 4, rows: 1, length: 4 });
});

test('padding holds zeros and is taken off again', () => {
  const values = [1, 2, 3, 4, 5, 6];
  const stored = padRows(values, [2, 3]);
  assert.equal([...stored], [1, 2, 3, 0, 4, 5, 6, 0]);
  assert.equal([...unpadRows(stored, [2, 3])], values);
  assert.equal([...unpadRows(padRows([7], []), [])], [7]);
});

test('unpadRows copies: the caller may keep it while the source is written again', () => {
  const stored = new Float32Array([1, 2, 3, 4]);
  const dense = unpadRows(stored, [1, 4]);
  stored.fill(9);
  assert.equal([...dense], [1, 2, 3, 4]);
});

test('grids fold above 65,535 workgroups and cover every thread with little waste', () => {
  assert.equal(grid1d(65_535, 1), [65_535, 1]);
  assert.equal(grid1d(64 * 65_535, 64), [65_535, 1]);
  for (const [n, wg] of [
    [65_536, 1],
    [65_537, 1],
    [4_194_241, 64],
    [4_194_304, 64],
    [2 ** 31, 64],
  ] as const) {
    const [x, y] = grid1d(n, wg);
    assert.ok(x <= 65_535 && y <= 65_535, `${x} x ${y}`);
    assert.ok(x * y * wg >= n, `${x} x ${y} x ${wg} threads for ${n}`);
    assert.ok((x * y * wg) / n < 1.01, `${x} x ${y} x ${wg} threads for ${n}`);
  }
});

test('kernels reach every element on both sides of the fold', async () => {
  const gpu = await Gpu.open();
  // One block of 4 x 4 floats a thread, workgroups of one thread.
  for (const blocks of [65_535, 65_536, 65_537]) {
    const x = gpu.parameter(
      'x',
      [blocks, 4, 4],
      Float32Array.from({ length: blocks * 16 }, (_, i) => i),
    );
    const program = await gpu.compile(() => ({ y: launchTranspose(x, gpu.temp(x.shape), { WG: 1 }) }));
    const { y } = await program.run();
    const wrong = y!.findIndex((v, i) => v !== (i & ~15) + 4 * (i & 3) + ((i >> 2) & 3));
    assert.is(wrong, -1, `element ${wrong} of ${blocks} blocks`);
    program.dispose();
    gpu.dispose(x);
  }
  gpu.close();
});

test('4,194,241 threads in workgroups of 64 are 65,536 workgroups', async () => {
  const gpu = await Gpu.open();
  const threads = 4_194_241;
  const x = gpu.parameter(
    'x',
    [threads, 4],
    new Float32Array(threads * 4).map((_, i) => i % 8_191),
  );
  const program = await gpu.compile(() => ({ y: add(null, x, x) }));
  const { y } = await program.run();
  const wrong = y!.findIndex((v, i) => v !== 2 * (i % 8_191));
  assert.is(wrong, -1, `element ${wrong}`);
  gpu.close();
});

test.run();
