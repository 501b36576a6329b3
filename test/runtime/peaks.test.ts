import { test } from 'uvu';
import * as assert from 'uvu/assert';
import copy from '#kernels/peak/copy.wgsl';
import fma from '#kernels/peak/fma.wgsl';
import { Gpu } from '../../src/runtime/gpu.ts';
import { boundBy, leastMs, measurePeaks } from '../../src/runtime/peaks.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const ROOF = { gflops: 100, gbytes: 10, clock: 'timestamps' } as const;

test('the roof: the longer of computing and moving', () => {
  assert.is(leastMs({ flops: 1e9, bytes: 0 }, ROOF), 10);
  assert.is(leastMs({ flops: 0, bytes: 1e9 }, ROOF), 100);
  assert.is(leastMs({ flops: 1e9, bytes: 5e7 }, ROOF), 10);
  assert.is(boundBy({ flops: 1e9, bytes: 5e7 }, ROOF), 'compute');
  assert.is(boundBy({ flops: 1e9, bytes: 2e8 }, ROOF), 'memory');
});

test('fma computes what it counts: 32 steps of two chains', async () => {
  const y = gpu.parameter('y', [64, 4]);
  const program = await gpu.compile(() => {
    gpu.run(fma, { x: gpu.input('x', [4]), y }, {}, { groups: [1], overrides: { WG: 64 } });
    return {};
  });
  program.submit({ x: [1, 0.5, 2, 0] });
  const values = await gpu.read(y);
  // Each of the two adds 32 halves to where it started: the invocation's number, 1, 2, 3, and four more.
  const expected = Array.from({ length: 256 }, (_, i) => {
    const start = i % 4 === 0 ? i / 4 : i % 4;
    return 2 * start + 4 + 2 * 32 * 0.5;
  });
  assert.equal([...values], expected);
  program.dispose();
  gpu.dispose(y);
});

test('copy copies all, whatever lies together', async () => {
  const x = Float32Array.from({ length: 4 * 37 }, (_, i) => i + 1);
  for (const RUN of [1, 8]) {
    const y = gpu.parameter('y', [4 * 37]);
    const program = await gpu.compile(() => {
      const options = { groups: [Math.ceil(37 / RUN / 64)], overrides: { WG: 64, RUN } } as const;
      gpu.run(copy, { x: gpu.input('x', [4 * 37]), y }, { count: 37 }, options);
      return {};
    });
    program.submit({ x });
    assert.equal(await gpu.read(y), x);
    program.dispose();
    gpu.dispose(y);
  }
});

test('peaks are positive, and leave nothing behind; with and without timestamps', async () => {
  const before = { ...gpu.counts };
  const { features } = gpu;
  for (const timestamps of new Set([features.timestamps, false])) {
    Object.assign(gpu, { features: { ...features, timestamps } });
    const peaks = await measurePeaks(gpu);
    assert.ok(peaks.gflops > 0.1 && Number.isFinite(peaks.gflops), `${peaks.gflops} GFLOP/s`);
    assert.ok(peaks.gbytes > 0.01 && Number.isFinite(peaks.gbytes), `${peaks.gbytes} GB/s`);
    assert.is(peaks.clock, timestamps ? 'timestamps' : 'wall clock');
    assert.equal({ ...gpu.counts }, before);
  }
  Object.assign(gpu, { features });
});

test.run();
