import {
  bceWithLogits,
  discriminatorLoss,
  type GanKind,
  generatorLoss,
  l1,
  mse,
  smoothL1,
  type Target,
} from '../../src/runtime/ops/loss.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import type { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { opSpec, type Values } from './spec.ts';

interface Case {
  readonly x: Shape;
  /** One number for all elements; without it the target is a tensor. */
  readonly target?: number;
  readonly beta?: number;
  readonly spread?: number;
}

type Pointwise = (x: number, t: number, beta: number) => number;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const meanOf = (data: ArrayLike<number>, f: (v: number, i: number) => number): number =>
  Array.from(data, f).reduce((a, b) => a + b, 0) / data.length;
const scalar = (value: number): Values => ({ shape: [1], data: Float64Array.of(value) });

const compare = (
  name: string,
  cases: readonly Case[],
  run: (tape: Tape | null, x: Tensor, target: Target, beta?: number) => Tensor,
  f: Pointwise,
) =>
  opSpec<Case>({
    name,
    cases,
    inputs: ({ x, target }) => ({ x, ...(target === undefined ? { target: x } : {}) }),
    fill: ({ spread = 1 }, _name, draw) => spread * draw(),
    run: (tape, c, { x, target }) => run(tape, x!, c.target ?? target!, c.beta),
    reference: ({ target: t, beta = 1 }, { x, target }) =>
      scalar(meanOf(x!.data, (v, i) => f(v, t ?? target!.data[i]!, beta))),
    tolerance: { forward: 2e-6, grad: 2e-6 },
    flops: ({ x }) => 4 * product(x),
  });

export const l1Spec = compare(
  'l1',
  [{ x: [1] }, { x: [2, 9, 7, 3] }, { x: [1, 32, 40, 4] }, { x: [2, 9, 7, 3], target: 0.5 }],
  l1,
  (x, t) => Math.abs(x - t),
);

export const smoothL1Spec = compare(
  'smooth_l1',
  [{ x: [50] }, { x: [50], beta: 0.3 }],
  smoothL1,
  (x, t, beta) => {
    const d = Math.abs(x - t);
    return d < beta ? (d * d) / beta / 2 : d - beta / 2;
  },
);

export const mseSpec = compare(
  'mse',
  [{ x: [2, 9, 7, 3] }, { x: [2, 14, 14, 1], target: 1 }, { x: [6, 4], target: 0 }],
  mse,
  (x, t) => (x - t) ** 2,
);

/** Probabilities as a tensor without a gradient; logits up to thousands. */
export const bceWithLogitsSpec = opSpec<Case>({
  name: 'bce_with_logits',
  cases: [
    { x: [28] },
    { x: [3, 5], spread: 4000 },
    { x: [2, 14, 14, 1], target: 1 },
    { x: [3, 5], target: 0 },
  ],
  inputs: ({ x }) => ({ x }),
  constants: ({ x, target }, draw) =>
    target === undefined
      ? {
          target: {
            shape: x,
            data: Float64Array.from({ length: product(x) }, () => Math.fround(1 / (1 + Math.exp(draw())))),
          },
        }
      : {},
  fill: ({ spread = 1 }, _name, draw) => spread * draw(),
  run: (tape, c, { x, target }) => bceWithLogits(tape, x!, c.target ?? target!),
  reference: (c, { x, target }) =>
    scalar(meanOf(x!.data, (v, i) => softplus(v) - v * (c.target ?? target!.data[i]!))),
  tolerance: { forward: 2e-6, grad: 2e-6 },
  flops: ({ x }) => 15 * product(x),
});

interface GanCase {
  readonly gan: GanKind;
  readonly weight?: number;
}

const real: Readonly<Record<GanKind, (v: number) => number>> = {
  vanilla: (r) => softplus(-r),
  lsgan: (r) => (r - 1) ** 2,
  hinge: (r) => Math.max(0, 1 - r),
};
const fake: Readonly<Record<GanKind, (v: number) => number>> = {
  vanilla: softplus,
  lsgan: (f) => f ** 2,
  hinge: (f) => Math.max(0, 1 + f),
};

export const discriminatorLossSpec = opSpec<GanCase>({
  name: 'discriminator_loss',
  cases: [{ gan: 'vanilla' }, { gan: 'lsgan' }, { gan: 'hinge' }, { gan: 'hinge', weight: 1 }],
  inputs: () => ({ real: [2, 5, 6, 1], fake: [2, 5, 6, 1] }),
  fill: (_c, _name, draw) => 2 * draw(),
  run: (tape, { gan, weight }, x) => discriminatorLoss(tape, gan, x.real!, x.fake!, weight),
  reference: ({ gan, weight = 0.5 }, x) =>
    scalar(weight * (meanOf(x.real!.data, real[gan]) + meanOf(x.fake!.data, fake[gan]))),
  tolerance: { forward: 2e-6, grad: 2e-6 },
  flops: () => 1000,
});

export const generatorLossSpec = opSpec<GanCase>({
  name: 'generator_loss',
  cases: [{ gan: 'vanilla' }, { gan: 'lsgan' }, { gan: 'hinge' }],
  inputs: () => ({ fake: [2, 5, 6, 1] }),
  run: (tape, { gan }, x) => generatorLoss(tape, gan, x.fake!),
  reference: ({ gan }, x) => scalar(meanOf(x.fake!.data, gan === 'hinge' ? (f) => -f : real[gan])),
  tolerance: { forward: 2e-6, grad: 2e-6 },
  flops: () => 500,
});
