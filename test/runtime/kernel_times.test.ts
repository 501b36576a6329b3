import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { groupTimes, totalTimes } from '../../src/runtime/kernel_times.ts';
import type { KernelTime } from '../../src/runtime/timeline.ts';

const time = (label: string, kernel: string, core: string | null, ms: number): KernelTime => ({
  label,
  kernel,
  core,
  ms,
  flops: 10 * ms,
  bytes: 100 * ms,
});

// Of each launch's millisecond, 10 flops would take 250 ms at 40 a second, and 100 bytes 100 ms at 1000 a second.
const PEAKS = { gflops: 4e-8, gbytes: 1e-6, clock: 'timestamps' } as const;

const TIMES = [
  time('stem/conv2d/forward', 'conv2d/forward', 'gemm/plain', 1),
  time('instance_norm/forward', 'instance_norm/forward', null, 2),
  time('instance_norm/forward', 'instance_norm/forward', null, 3),
  time('generator/ds/conv2d/forward', 'conv2d/forward', 'gemm/subgroup', 4),
  time('generator/ds/lora/conv2d/forward', 'conv2d/forward', 'gemm/subgroup', 5),
];

const namesAndTimes = (by: 'label' | 'kernel' | 'layer') =>
  groupTimes(TIMES, by, PEAKS).map(({ name, calls, ms }) => [name, calls, ms]);

test('launches are put together by label, kernel with core, or layer, the slowest first', () => {
  assert.equal(namesAndTimes('label')[0], ['instance_norm/forward', 2, 5]);
  assert.is(namesAndTimes('label').length, 4);
  assert.equal(namesAndTimes('kernel'), [
    ['conv2d/forward (gemm/subgroup)', 2, 9],
    ['instance_norm/forward', 2, 5],
    ['conv2d/forward (gemm/plain)', 1, 1],
  ]);
  assert.equal(namesAndTimes('layer'), [
    ['generator/ds', 2, 9],
    ['instance_norm', 2, 5],
    ['stem', 1, 1],
  ]);
});

test('the total holds every launch once, however they are grouped', () => {
  const expected = { name: 'total', calls: 5, ms: 15, flops: 150, bytes: 1500, roofMs: 15 * 250 };
  for (const by of ['label', 'kernel', 'layer'] as const)
    assert.equal(totalTimes(groupTimes(TIMES, by, PEAKS)), expected);
  assert.is(totalTimes([]).ms, 0);
});

test.run();
