import type { Dual } from '../model/dual.ts';
import { concat } from '../runtime/ops/concat.ts';
import { scale } from '../runtime/ops/mul.ts';
import { sum } from '../runtime/ops/reduce.ts';
import { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { descend, type Trained } from './gan_step.ts';

/** Scores pairs `[n, h, w, 6]`, and tells how the scores change where the pairs have a tangent. */
type Judge = (tape: Tape, pair: Dual) => Dual;

/** What R1 reads and moves. */
export interface R1 {
  readonly source: Tensor;
  readonly target: Tensor;
  judge: Judge;
  readonly discriminator: Trained;
  readonly gamma: number;
  /** Once in so many steps, so that it counts as often more. */
  readonly interval: number;
}

/** dD/d target of the sum of all scores, `[n, h, w, 3]`. */
function targetGradient({ source, target, judge }: R1): Tensor {
  const tape = new Tape();
  tape.watch([target]);
  const { value } = judge(tape, { value: concat(tape, [source, target]), tangent: null });
  return tape.gradients(sum(tape, value), target.gpu.scalar(1), [target])[0]!;
}

/**
 * Moves D one Adam step on interval (gamma / 2) mean |v|² with v = dD/d target at real pairs. Its gradient by D's weights is
 * gamma times that of the tangent of D along v, with v held constant: d(|v|² / 2) = v · dv, and v · dD/d target is that tangent.
 * So one gradient of a forward derivative stands in for the gradient of a gradient; it is exact.
 *
 * @returns gamma / 2 mean |v|², `[1]`
 * @see Mescheder et al. 2018 (R1); Karras et al. 2020 (StyleGAN2), section 3.1 (lazy regularisation)
 */
export function traceR1(r1: R1): Tensor {
  const { source, target, judge, discriminator, gamma, interval } = r1;
  const { gpu } = target;
  const v = gpu.scope('gradient', () => targetGradient(r1));
  const tape = new Tape();
  tape.watch(discriminator.weights.tensors.values());
  const pair = {
    value: concat(null, [source, target]),
    tangent: concat(null, [scale(null, source, 0), v]),
  };
  const along = gpu.scope('tangent', () => sum(tape, judge(tape, pair).tangent!));
  const batch = target.shape[0]!;
  // The last biases change no derivative.
  descend(tape, scale(tape, along, (interval * gamma) / batch), discriminator, { absent: 'zeros' });
  return scale(null, along, gamma / (2 * batch));
}
