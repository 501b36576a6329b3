import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import type { Affine } from './channel_norm.ts';
import { type RowNormOptions, rowNorm } from './row_norm.ts';

/**
 * y = (x - mean) / sqrt(variance + eps) * weight + bias, mean and biased variance over the last dimension.
 *
 * @param x - `[..., c]`
 * @param affine - `[c]` each, or null
 * @param options - eps 1e-5 by default
 * @returns x's shape
 * @throws ShapeError when affine does not fit x, or eps is not above 0
 */
export function layerNorm(
  tape: Tape | null,
  x: Tensor,
  affine: Affine | null,
  { eps = 1e-5 }: RowNormOptions = {},
): Tensor {
  const { weight, bias } = affine ?? { weight: null, bias: null };
  return rowNorm(tape, x, { op: 'layer_norm', eps, weight, bias });
}
