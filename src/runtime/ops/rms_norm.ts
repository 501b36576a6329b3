import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type RowNormOptions, rowNorm } from './row_norm.ts';

/**
 * y = x / sqrt(mean(x^2) + eps) * weight, the mean over the last dimension.
 *
 * @param x - `[..., c]`
 * @param weight - `[c]` or null
 * @param options - eps 1e-6 by default
 * @returns x's shape
 * @throws ShapeError when weight does not fit x, or eps is not above 0
 */
export function rmsNorm(
  tape: Tape | null,
  x: Tensor,
  weight: Tensor | null,
  { eps = 1e-6 }: RowNormOptions = {},
): Tensor {
  return rowNorm(tape, x, { op: 'rms_norm', eps, weight, bias: null });
}
