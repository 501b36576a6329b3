import type { Gpu } from '../runtime/gpu.ts';
import type { ParameterGroup } from '../runtime/group.ts';
import { gatherGroup } from '../runtime/group.ts';
import { adamStep } from '../runtime/ops/adam.ts';
import { add } from '../runtime/ops/add.ts';
import { concat } from '../runtime/ops/concat.ts';
import { type GanKind, generatorLoss, judgeLoss, l1 } from '../runtime/ops/loss.ts';
import { scale } from '../runtime/ops/mul.ts';
import { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { Losses } from './training.ts';
import type { Watch } from './watch.ts';

/** Parameters that one optimizer moves, with its moments and the input that holds this step's Adam scalars. */
export interface Trained {
  readonly weights: ParameterGroup;
  readonly m: ParameterGroup;
  readonly v: ParameterGroup;
  /** `[8]`, see adamHyper. */
  readonly hyper: Tensor;
}

/** A conditional GAN as its step sees it: how to run both networks, and what to train. */
export interface Gan {
  readonly source: Tensor;
  readonly target: Tensor;
  /** The edited picture for `source`. */
  generate(tape: Tape | null): Tensor;
  /** Scores of a pair, `[n, h, w, 6]`. */
  judge(tape: Tape | null, pair: Tensor): Tensor;
  readonly generator: Trained;
  readonly discriminator: Trained;
}

/** Which losses are weighed how. */
export interface GanObjective {
  readonly gan: GanKind;
  /** Weight of the L1 term; pix2pix: 100. */
  readonly lambdaL1: number;
  /** Of both sides of the discriminator's loss; pix2pix halves them, and so does what leaves it out. */
  readonly judgeWeight?: number;
}

/** Scalars of a step, each `[1]`, and the picture that the generator made in it. */
export interface GanStep {
  readonly d_real: Tensor;
  readonly d_fake: Tensor;
  readonly g_gan: Tensor;
  readonly g_l1: Tensor;
  readonly fake: Tensor;
}

/**
 * What losses are multiplied by before they are differentiated. Gradients of a mean over a picture are some 1e-6, where
 * f16 has few digits left; scaled, they lie in the middle of its range. Adam divides it out again.
 *
 * @see Micikevicius et al. 2018 (mixed precision training), section 3.2
 */
export const lossScale = ({ storage }: Gpu): number => (storage === 'f16' ? 1024 : 1);

/** How a step is traced. */
export interface DescendOptions {
  /** What a parameter without a gradient is; see Tape.gradients. */
  readonly absent?: 'refused' | 'zeros';
  /** Looks at the gradients; not where losses are scaled, which overflow now and then, and Adam leaves such a step out. */
  readonly watch?: Watch | undefined;
  /** The losses that `loss` is made of. */
  readonly of?: readonly (keyof Losses)[];
}

/** Differentiates `loss` by the trained parameters and moves them one Adam step. */
export function descend(
  tape: Tape,
  loss: Tensor,
  trained: Trained,
  { absent = 'refused', watch, of = [] }: DescendOptions = {},
): void {
  const { weights, m, v, hyper } = trained;
  const { gpu } = loss;
  const gradients = gpu.scope('backward', () =>
    tape.gradients(loss, gpu.scalar(lossScale(gpu)), [...weights.tensors.values()], absent),
  );
  const grads = gatherGroup(gpu, weights, gradients);
  if (lossScale(gpu) === 1) watch?.gradients(of, weights, grads);
  gpu.scope('adam', () =>
    adamStep({ params: weights.flat, grads, m: m.flat, v: v.flat }, hyper, { scaled: gpu.storage === 'f16' }),
  );
}

function discriminatorStep(
  gan: Gan,
  { gan: kind, judgeWeight = 0.5 }: GanObjective,
  fake: Tensor,
  watch: Watch | undefined,
): Pick<GanStep, 'd_real' | 'd_fake'> {
  const tape = new Tape();
  tape.watch(gan.discriminator.weights.tensors.values());
  const real = gan.judge(tape, concat(null, [gan.source, gan.target]));
  const made = gan.judge(tape, concat(null, [gan.source, fake]));
  const d_real = judgeLoss(tape, kind, real, 'real');
  const d_fake = judgeLoss(tape, kind, made, 'fake');
  descend(tape, scale(tape, add(tape, d_real, d_fake), judgeWeight), gan.discriminator, {
    watch,
    of: ['d_real', 'd_fake'],
  });
  return { d_real, d_fake };
}

function generatorStep(
  gan: Gan,
  { gan: kind, lambdaL1 }: GanObjective,
  tape: Tape,
  fake: Tensor,
  watch: Watch | undefined,
): Pick<GanStep, 'g_gan' | 'g_l1'> {
  const score = gan.judge(tape, concat(tape, [gan.source, fake]));
  const g_gan = generatorLoss(tape, kind, score);
  const g_l1 = l1(tape, fake, gan.target);
  descend(tape, add(tape, g_gan, scale(tape, g_l1, lambdaL1)), gan.generator, {
    watch,
    of: ['g_gan', 'g_l1'],
  });
  return { g_gan, g_l1 };
}

/**
 * Traces one step of a conditional GAN: y = G(x); D moves on judgeWeight (loss(D(x, t), real) + loss(D(x, y), fake)); G moves on
 * loss(D(x, y), real) + lambda mean|y - t| with the moved D.
 *
 * @param watch - looks at the trained weights before the step, and at all gradients
 * @see Isola et al. 2017 (pix2pix), section 3.3; the order is that of its published code
 */
export function traceGanStep(gan: Gan, objective: GanObjective, watch?: Watch): GanStep {
  const { gpu } = gan.source;
  for (const { weights } of [gan.generator, gan.discriminator]) watch?.weights(weights);
  const tape = new Tape();
  tape.watch(gan.generator.weights.tensors.values());
  const fake = gpu.scope('generator', () => gan.generate(tape));
  const d = gpu.scope('discriminator', () => discriminatorStep(gan, objective, fake, watch));
  const g = gpu.scope('generator', () => generatorStep(gan, objective, tape, fake, watch));
  return { ...d, ...g, fake };
}
