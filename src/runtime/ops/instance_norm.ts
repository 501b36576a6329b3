import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type Affine, channelNorm, type NormOptions } from './channel_norm.ts';

/**
 * y = f((x - mean) / sqrt(variance + eps) * weight + bias) + residual, mean and biased variance over the pixels of
 * each picture and channel.
 *
 * @param x - `[n, ..., c]`, pictures `[n, h, w, c]`
 * @param affine - `[c]` each, or null
 * @param options - eps 1e-5 by default
 * @returns x's shape
 * @throws ShapeError when affine or residual do not fit x, or eps is not above 0
 */
export function instanceNorm(
  tape: Tape | null,
  x: Tensor,
  affine: Affine | null,
  options: NormOptions = {},
): Tensor {
  const n = x.shape[0]!;
  return channelNorm(tape, x, affine, options, { op: 'instance_norm', n, pixels: x.rows / n, size: 1 });
}
