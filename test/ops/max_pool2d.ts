import { maxPool2d } from '../../src/runtime/ops/max_pool2d.ts';
import type { PoolOptions } from '../../src/runtime/ops/pool_geometry.ts';
import { poolReference } from './avg_pool2d.ts';
import { opSpec } from './spec.ts';

interface Case extends PoolOptions {
  readonly x: readonly [number, number, number, number];
}

export const maxPool2dSpec = opSpec<Case>({
  name: 'max_pool2d',
  cases: [
    { x: [1, 2, 2, 1], kernel: [2, 2] },
    { x: [2, 9, 8, 3], kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
    { x: [1, 7, 10, 6], kernel: [2, 5], stride: [3, 1], padding: [0, 2] },
    { x: [1, 8, 8, 16], kernel: [2, 2], stride: [1, 1], padding: [1, 1] },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, c, { x }) => maxPool2d(tape, x!, c),
  reference: (c, { x }) => poolReference(x!, c, (values) => Math.max(...values)),
  tolerance: { forward: 0, grad: 1e-5 },
  flops: ({ x, kernel }) => x[0] * x[1] * x[2] * x[3] * kernel[0] * kernel[1],
});
