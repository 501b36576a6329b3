import { inverseSqrt } from '../../src/runtime/ops/inverse_sqrt.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { opSpec } from './spec.ts';

interface Case {
  readonly x: Shape;
  readonly eps: number;
}

export const inverseSqrtSpec = opSpec<Case>({
  name: 'inverse_sqrt',
  cases: [
    { x: [1], eps: 1e-8 },
    { x: [4, 512], eps: 1e-8 },
    { x: [2, 3, 3, 5], eps: 0.5 },
  ],
  inputs: ({ x }) => ({ x }),
  // Far from 0, where differences of the reference would say nothing.
  fill: (_c, _name, draw) => 0.2 + draw() ** 2,
  run: (tape, { eps }, { x }) => inverseSqrt(tape, x!, eps),
  reference: ({ eps }, { x }) => ({ shape: x!.shape, data: x!.data.map((v) => 1 / Math.sqrt(v + eps)) }),
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ x }) => 3 * product(x),
});
