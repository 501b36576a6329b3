import { linearLora } from '../../src/runtime/ops/linear_lora.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import { opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly x: Shape;
  readonly out: number;
  readonly r: number;
  /** A number, or null where a tensor holds it. */
  readonly scale: number | null;
  readonly residual?: boolean;
}

/** The strength of adapters whose scale is a tensor. */
export const STRENGTH: Values = { shape: [1], data: Float64Array.of(0.75) };

/** a b, with b `[k, n]`. */
export function product(a: Values, b: Values): Values {
  const [k, n] = b.shape as [number, number];
  const y = zeros([...a.shape.slice(0, -1), n]);
  for (let row = 0; row < y.data.length / n; row++)
    for (let i = 0; i < k; i++)
      for (let j = 0; j < n; j++) y.data[row * n + j]! += a.data[row * k + i]! * b.data[i * n + j]!;
  return y;
}

/** base += factor * change; returns base. */
export function accumulate(base: Values, change: Values, factor: number): Values {
  for (let i = 0; i < base.data.length; i++) base.data[i]! += factor * change.data[i]!;
  return base;
}

export const linearLoraSpec = opSpec<Case>({
  name: 'linear_lora',
  cases: [
    { x: [1, 1], out: 1, r: 1, scale: 1 },
    { x: [2, 33, 48], out: 40, r: 4, scale: 2, residual: true },
    { x: [5, 20], out: 13, r: 3, scale: null },
    { x: [77, 64], out: 64, r: 16, scale: 0.5 },
  ],
  inputs: ({ x, out, r, residual }) => ({
    x,
    w: [x.at(-1)!, out],
    bias: [out],
    A: [x.at(-1)!, r],
    B: [r, out],
    ...(residual ? { residual: [...x.slice(0, -1), out] } : {}),
  }),
  constants: ({ scale }) => (scale === null ? { strength: STRENGTH } : {}),
  run: (tape, { scale }, { x, w, bias, A, B, residual, strength }) =>
    linearLora(tape, x!, w!, bias!, { A: A!, B: B!, scale: scale ?? strength! }, residual ?? null),
  reference: ({ scale }, { x, w, bias, A, B, residual }) => {
    const y = accumulate(product(x!, w!), product(product(x!, A!), B!), scale ?? STRENGTH.data[0]!);
    for (let i = 0; i < y.data.length; i++) y.data[i]! += bias!.data[i % bias!.data.length]!;
    return residual ? accumulate(y, residual, 1) : y;
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, out, r }) => 2 * x.reduce((a, b) => a * b) * (out + r),
});
