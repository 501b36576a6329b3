import { activation, activationTangent } from '../runtime/ops/activation.ts';
import { add } from '../runtime/ops/add.ts';
import { scale } from '../runtime/ops/mul.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';

/**
 * A value and how fast it changes while the network's input moves along one direction (forward differentiation). The
 * tangent is made of ordinary ops on the tape, so that a gradient's gradient is the gradient of a tangent.
 */
export interface Dual {
  readonly value: Tensor;
  /** Null where nobody asks for it. */
  readonly tangent: Tensor | null;
}

/** y = op(x) for an op that is affine in x; it leaves its bias out of tangents. */
export const affine = (x: Dual, op: (x: Tensor, bias: boolean) => Tensor): Dual => ({
  value: op(x.value, true),
  tangent: x.tangent && op(x.tangent, false),
});

/** max(x, slope x). */
export function dualLeakyRelu(tape: Tape | null, { value, tangent }: Dual, slope: number): Dual {
  const y = activation(tape, value, 'leaky_relu', slope);
  return {
    value: y,
    tangent: tangent && activationTangent(tape, tangent, value, y, 'leaky_relu', slope),
  };
}

/** s (a + b). */
export function dualMix(tape: Tape | null, a: Dual, b: Dual, s: number): Dual {
  const mix = (x: Tensor, y: Tensor) => scale(tape, add(tape, x, y), s);
  return {
    value: mix(a.value, b.value),
    tangent: a.tangent && b.tangent && mix(a.tangent, b.tangent),
  };
}
