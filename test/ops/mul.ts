import { mul, scale } from '../../src/runtime/ops/mul.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { type PairCase, pairCases, repeated } from './add.ts';
import { opSpec } from './spec.ts';

export const mulSpec = opSpec<PairCase>({
  name: 'mul',
  cases: pairCases,
  inputs: ({ a, b }) => ({ a, b }),
  run: (tape, _c, { a, b }) => mul(tape, a!, b!),
  reference: (_c, { a, b }) => repeated(a!, b!, (p, q) => p * q),
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ a }) => product(a),
});

interface ScaleCase {
  readonly x: Shape;
  /** Without it the factor comes as a tensor. */
  readonly s?: number;
}

export const scaleSpec = opSpec<ScaleCase>({
  name: 'scale',
  cases: [{ x: [1], s: 100 }, { x: [2, 3, 3, 5], s: -0.5 }, { x: [2, 3, 3, 5] }],
  inputs: ({ x, s }) => ({ x, ...(s === undefined ? { s: [1, 1] } : {}) }),
  run: (tape, { s }, x) => scale(tape, x.x!, s ?? x.s!),
  reference: (c, { x, s }) => ({ shape: x!.shape, data: x!.data.map((v) => v * (c.s ?? s!.data[0]!)) }),
  tolerance: { forward: 1e-6, grad: 1e-6 },
  flops: ({ x }) => product(x),
});
