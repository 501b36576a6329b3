import type { Affine, NormOptions } from '../../src/runtime/ops/channel_norm.ts';
import { instanceNorm } from '../../src/runtime/ops/instance_norm.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { opSpec, type Values, zeros } from './spec.ts';

/** What the cases of all norms over pixels have in common. */
export interface NormCase {
  readonly x: readonly number[];
  readonly affine?: boolean;
  readonly eps?: number;
  readonly activation?: 'relu' | 'leaky_relu';
  readonly slope?: number;
  readonly residual?: boolean;
  /** Mean of x; its deviation stays 1. */
  readonly offset?: number;
}

/** Shapes of the differentiable inputs of a case. */
export function normInputs({ x, affine, residual }: NormCase): Record<string, readonly number[]> {
  const c = x.at(-1)!;
  return { x, ...(affine ? { weight: [c], bias: [c] } : {}), ...(residual ? { residual: x } : {}) };
}

export const normFill = ({ offset = 0 }: NormCase, name: string, draw: () => number): number =>
  draw() + (name === 'x' ? offset : 0);

export function normOptions(
  { eps, activation, slope }: NormCase,
  tensors: Readonly<Record<string, Tensor>>,
): { affine: Affine | null; options: NormOptions } {
  const { weight, bias, residual } = tensors;
  return {
    affine: weight && bias ? { weight, bias } : null,
    options: {
      residual: residual ?? null,
      ...(eps ? { eps } : {}),
      ...(activation ? { activation } : {}),
      ...(slope ? { slope } : {}),
    },
  };
}

/** f(xhat weight + bias) + residual, for the xhat of any norm. */
export function finish(
  { activation, slope = 0.01 }: NormCase,
  xhat: Values,
  { weight, bias, residual }: Readonly<Record<string, Values>>,
): Values {
  const c = xhat.shape.at(-1)!;
  const below = activation === 'relu' ? 0 : slope;
  const data = xhat.data.map((v, i) => {
    const z = weight && bias ? v * weight.data[i % c]! + bias.data[i % c]! : v;
    return (activation && z < 0 ? below * z : z) + (residual?.data[i] ?? 0);
  });
  return { shape: xhat.shape, data };
}

/** (x - mean) / sqrt(variance + eps), over the pixels of each of `n` pictures and groups of `size` channels. */
export function normalize(x: Values, n: number, size: number, eps: number): Values {
  const c = x.shape.at(-1)!;
  const pixels = x.data.length / n / c;
  const y = zeros(x.shape);
  for (let b = 0; b < n; b++)
    for (let first = 0; first < c; first += size) {
      const at = (i: number) => (b * pixels + Math.floor(i / size)) * c + first + (i % size);
      let mean = 0;
      for (let i = 0; i < pixels * size; i++) mean += x.data[at(i)]! / (pixels * size);
      let variance = 0;
      for (let i = 0; i < pixels * size; i++) variance += (x.data[at(i)]! - mean) ** 2 / (pixels * size);
      for (let i = 0; i < pixels * size; i++)
        y.data[at(i)] = (x.data[at(i)]! - mean) / Math.sqrt(variance + eps);
    }
  return y;
}

export const instanceNormSpec = opSpec<NormCase>({
  name: 'instance_norm',
  cases: [
    { x: [3, 1, 2, 7] },
    { x: [1, 4, 4, 1], affine: true },
    { x: [2, 9, 11, 5], affine: true, activation: 'leaky_relu', slope: 0.2 },
    { x: [1, 16, 16, 3], offset: 1e3 },
    { x: [1, 5, 13, 12], activation: 'relu', residual: true },
    { x: [1, 64, 64, 4], affine: true, eps: 1e-3 },
    { x: [2, 3, 5, 8], affine: true },
    { x: [1, 1, 17, 9], affine: true, residual: true },
    { x: [1, 16, 17, 6], affine: true, activation: 'relu' },
  ],
  inputs: normInputs,
  fill: normFill,
  run: (tape, c, tensors) => {
    const { affine, options } = normOptions(c, tensors);
    return instanceNorm(tape, tensors.x!, affine, options);
  },
  reference: (c, values) => finish(c, normalize(values.x!, c.x[0]!, 1, c.eps ?? 1e-5), values),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x }) => 13 * x.reduce((a, b) => a * b, 1),
});
