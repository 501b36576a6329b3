import forward from '#kernels/loss/forward.wgsl';
import gradXKernel from '#kernels/loss/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { add } from './add.ts';
import { scale } from './mul.ts';
import { mean, partialSums, total } from './reduce.ts';

const WG = 64;

// Numbers of KIND in kernels/lib/loss.wgsl.
const KINDS = { l1: 0, smooth_l1: 1, mse: 2, bce_with_logits: 3, hinge: 4 };

/** What a loss compares with: a tensor of x's shape, or one number for all elements. */
export type Target = Tensor | number;

interface Loss {
  readonly kind: keyof typeof KINDS;
  readonly beta?: number;
  readonly weight?: number;
}

/** All that both kernels are told; a constant target binds x in its place. */
function describe(x: Tensor, target: Target, { kind, beta = 1, weight = 1 }: Loss) {
  const constant = typeof target === 'number';
  const c = x.shape.at(-1) ?? 1;
  const lifts = constant || kind === 'bce_with_logits';
  return {
    goal: constant ? x : target,
    params: {
      n4: x.length / 4,
      c,
      c4: x.pitch / 4,
      t: constant ? target : 0,
      beta,
      scale: weight / x.size,
    },
    overrides: { WG, KIND: KINDS[kind], CONSTANT: constant, MASK: lifts && c % 4 > 0 },
  };
}

function gradX(dy: Tensor, x: Tensor, target: Target, loss: Loss): Tensor {
  const dx = x.like();
  const { goal, params, overrides } = describe(x, target, loss);
  const options = {
    groups: grid1d(params.n4, WG),
    overrides,
    flops: 4 * x.size,
    label: `${loss.kind}/grad_x`,
  };
  x.gpu.run(gradXKernel, { dy, x, goal, dx }, params, options);
  return dx;
}

/** weight * mean of l(x, target); the gradient to the target exists where l depends on x - target alone. */
function meanLoss(tape: Tape | null, x: Tensor, target: Target, loss: Loss): Tensor {
  const tensor = typeof target === 'number' ? null : target;
  expect(
    !tensor || sameShape(x.shape, tensor.shape),
    loss.kind,
    `x is ${showShape(x.shape)}, target is ${showShape(tensor?.shape ?? [])}`,
  );
  const { goal, params, overrides } = describe(x, target, loss);
  const groups = partialSums(params.n4);
  const partial = x.like(groups > 1 ? [groups, 4] : [1], 'f32');
  const options = { groups: [groups] as const, overrides, flops: 4 * x.size, label: `${loss.kind}/forward` };
  x.gpu.run(forward, { x, goal, y: partial }, params, options);
  const y = groups > 1 ? total(partial) : partial;
  if (TRAINING) {
    const odd = tensor && loss.kind !== 'bce_with_logits';
    tape?.record(y, [x, ...(odd ? [tensor] : [])], (dy) => [
      gradX(dy, x, target, loss),
      ...(odd ? [gradX(dy, tensor, x, loss)] : []),
    ]);
  }
  return y;
}

/**
 * mean |x - target|; gradient 0 where they are equal.
 *
 * @param x - any shape, f32
 * @param target - x's shape, with a gradient, or a number
 * @returns `[1]`
 * @throws ShapeError when the shapes differ
 */
export const l1 = (tape: Tape | null, x: Tensor, target: Target): Tensor =>
  meanLoss(tape, x, target, { kind: 'l1' });

/** mean of d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, with d = x - target; otherwise as {@link l1}. */
export function smoothL1(tape: Tape | null, x: Tensor, target: Target, beta = 1): Tensor {
  expect(beta > 0, 'smooth_l1', `beta is ${beta}, it must be positive`);
  return meanLoss(tape, x, target, { kind: 'smooth_l1', beta });
}

/** mean (x - target)^2; otherwise as {@link l1}. */
export const mse = (tape: Tape | null, x: Tensor, target: Target): Tensor =>
  meanLoss(tape, x, target, { kind: 'mse' });

/**
 * mean of log(1 + exp(x)) - x target: the cross entropy of sigmoid(x), exact for logits of any size.
 *
 * @param x - logits, any shape, f32
 * @param target - probabilities in x's shape, without a gradient, or one for all
 * @returns `[1]`
 * @throws ShapeError when the shapes differ
 */
export const bceWithLogits = (tape: Tape | null, x: Tensor, target: Target): Tensor =>
  meanLoss(tape, x, target, { kind: 'bce_with_logits' });

/** `vanilla`: cross entropy (Goodfellow 2014); `lsgan`: squares (Mao 2017); `hinge` (Lim and Ye 2017). */
export type GanKind = 'vanilla' | 'lsgan' | 'hinge';

// The loss of one side, and the logit or probability that it pulls real and generated pictures towards.
const GAN = {
  vanilla: { kind: 'bce_with_logits', real: 1, fake: 0 },
  lsgan: { kind: 'mse', real: 1, fake: 0 },
  hinge: { kind: 'hinge', real: 1, fake: -1 },
} as const;

/**
 * What the discriminator minimises on one side, a mean: for real pictures vanilla: log(1 + exp(-r)); lsgan: (r - 1)^2;
 * hinge: max(0, 1 - r); for generated ones log(1 + exp(f)); f^2; max(0, 1 + f).
 *
 * @param score - the discriminator's output, any shape
 * @returns `[1]`
 */
export function judgeLoss(
  tape: Tape | null,
  gan: GanKind,
  score: Tensor,
  side: 'real' | 'fake',
  weight = 1,
): Tensor {
  return meanLoss(tape, score, GAN[gan][side], { kind: GAN[gan].kind, weight });
}

/**
 * weight * (l(real) + l(fake)), see {@link judgeLoss}: what the discriminator minimises.
 *
 * @param real - the discriminator's output for real pictures, any shape
 * @param fake - the same for generated ones
 * @param weight - 1/2 as in pix2pix by default; papers on the hinge loss use 1
 * @returns `[1]`
 */
export function discriminatorLoss(
  tape: Tape | null,
  gan: GanKind,
  real: Tensor,
  fake: Tensor,
  weight = 0.5,
): Tensor {
  return add(tape, judgeLoss(tape, gan, real, 'real', weight), judgeLoss(tape, gan, fake, 'fake', weight));
}

/**
 * What the generator minimises, a mean: vanilla: log(1 + exp(-f)); lsgan: (f - 1)^2; hinge: -f.
 *
 * @param fake - the discriminator's output for generated pictures, any shape
 * @returns `[1]`
 */
export function generatorLoss(tape: Tape | null, gan: GanKind, fake: Tensor): Tensor {
  if (gan === 'hinge') return scale(tape, mean(tape, fake), -1);
  const { kind, real } = GAN[gan];
  return meanLoss(tape, fake, real, { kind });
}
