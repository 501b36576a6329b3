import { type ActivationKind, activation } from '../../src/runtime/ops/activation.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import { opSpec } from './spec.ts';

interface Case {
  readonly x: Shape;
  readonly kind: ActivationKind;
  readonly slope?: number;
  /** Standard deviation of the inputs: a large one reaches where the exponential over- and underflows. */
  readonly spread?: number;
}

/** erf by its Taylor series, and beyond 3 by the continued fraction of erfc: both to float64's precision. */
function erf(z: number): number {
  if (z < 0) return -erf(-z);
  if (z > 3) {
    let f = 0;
    for (let k = 60; k > 0; k--) f = k / 2 / (z + f);
    return 1 - Math.exp(-z * z) / ((z + f) * Math.sqrt(Math.PI));
  }
  let term = z;
  let sum = z;
  for (let k = 1; k < 80; k++) {
    term *= (-z * z) / k;
    sum += term / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** x times the standard normal distribution function of x. */
export const geluReference = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

const functions: Readonly<Record<ActivationKind, (x: number, slope: number) => number>> = {
  relu: (x) => Math.max(x, 0),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  tanh: Math.tanh,
  sigmoid,
  silu: (x) => x * sigmoid(x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: geluReference,
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

export const activationSpec = opSpec<Case>({
  name: 'activation',
  cases: [
    { x: [1], kind: 'sigmoid' },
    { x: [2, 8, 8, 64], kind: 'relu' },
    { x: [2, 3, 3], kind: 'leaky_relu', slope: 0.2 },
    { x: [5, 13], kind: 'tanh' },
    { x: [5, 13], kind: 'tanh', spread: 0.06 },
    { x: [5, 13], kind: 'tanh', spread: 100 },
    { x: [5, 13], kind: 'sigmoid', spread: 100 },
    { x: [4, 16], kind: 'sigmoid' },
    { x: [5, 13], kind: 'silu', spread: 3 },
    { x: [5, 13], kind: 'softplus', spread: 3 },
    { x: [9, 31], kind: 'gelu', spread: 2 },
    { x: [5, 13], kind: 'gelu', spread: 100 },
    { x: [9, 31], kind: 'gelu_tanh', spread: 2 },
    { x: [5, 13], kind: 'gelu_tanh', spread: 100 },
  ],
  inputs: ({ x }) => ({ x }),
  fill: ({ spread = 1 }, _name, draw) => spread * draw(),
  run: (tape, { kind, slope }, { x }) => activation(tape, x!, kind, slope),
  reference: ({ kind, slope = 0.01 }, { x }) => ({
    shape: x!.shape,
    data: x!.data.map((v) => functions[kind](v, slope)),
  }),
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ x }) => x.reduce((a, b) => a * b, 1),
});
