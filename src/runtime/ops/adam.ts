import step from '#kernels/adam/step.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { total } from './reduce.ts';

const WG = 64;

/** What an optimiser is set to; `lr` may change from step to step. */
export interface AdamConfig {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the second moment; positive, since gaps in the flat buffers divide zero by it. */
  readonly eps: number;
  readonly weightDecay: number;
}

/** Flat tensors of one length: parameters that share a learning rate, their gradients and both moments. */
export interface AdamState {
  readonly params: Tensor;
  readonly grads: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
}

/** How the step is built; these do not change while a program lives. */
export interface AdamOptions {
  /** Decay on the weights themselves (AdamW) instead of in the gradient (Adam). */
  readonly decoupled?: boolean;
  /** Largest norm of all gradients together; longer ones are scaled down to it. */
  readonly maxNorm?: number;
  /** The gradients are those of a scaled loss: undo `hyper`'s scale, and move nothing where one is not finite. */
  readonly scaled?: boolean;
}

/** Values that {@link adamStep} reads as `hyper`. */
export const HYPER_LENGTH = 8;

/**
 * What step number `step` (from 1) needs, in the order that kernels/adam/step.wgsl reads: lr / (1 - beta1^step),
 * 1 - beta1, 1 - beta2, 1 / sqrt(1 - beta2^step), eps, weight decay, lr * weight decay, 1 / lossScale. Computed in float64:
 * 1 - beta2 has lost five digits where it is computed in float32.
 */
export function adamHyper(step: number, config: AdamConfig, lossScale = 1): number[] {
  const { lr, beta1, beta2, eps, weightDecay } = config;
  return [
    lr / (1 - beta1 ** step),
    1 - beta1,
    1 - beta2,
    1 / Math.sqrt(1 - beta2 ** step),
    eps,
    weightDecay,
    lr * weightDecay,
    1 / lossScale,
  ];
}

/**
 * One step of Adam or AdamW as PyTorch defines them, in place on `params`, `m` and `v`, in one dispatch. With
 * `maxNorm` the gradients are first multiplied by min(1, maxNorm / (norm + 1e-6)), as clip_grad_norm_ does.
 *
 * @param state - four tensors `[n]`, f32
 * @param hyper - `[8]`, written before each run with {@link adamHyper}
 * @returns the Euclidean norm `[1]` of the gradients before clipping; costs nothing where nobody reads it
 * @throws ShapeError when the lengths differ
 */
export function adamStep(state: AdamState, hyper: Tensor, options: AdamOptions = {}): Tensor {
  const { params, grads, m, v } = state;
  const { decoupled = false, scaled = false, maxNorm } = options;
  for (const [name, t] of Object.entries(state))
    expect(
      sameShape(t.shape, params.shape),
      'adam',
      `params is ${showShape(params.shape)}, ${name} is ${showShape(t.shape)}`,
    );
  expect(
    sameShape(hyper.shape, [HYPER_LENGTH]),
    'adam',
    `hyper is ${showShape(hyper.shape)}, [${HYPER_LENGTH}] is wanted`,
  );
  const norm = total(grads, { norm: true });
  const clip = maxNorm !== undefined;
  const n4 = params.length / 4;
  params.gpu.run(
    step,
    { g: grads, norm: clip || scaled ? norm : hyper, hyper, w: params, m, v },
    { n4, max_norm: maxNorm ?? 0 },
    {
      groups: grid1d(n4, WG),
      overrides: { WG, CLIP: clip, DECOUPLED: decoupled, SCALED: scaled },
      flops: 16 * params.size,
    },
  );
  return norm;
}
