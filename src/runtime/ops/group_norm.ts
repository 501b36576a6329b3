import { expect } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type Affine, channelNorm, type NormOptions } from './channel_norm.ts';

/**
 * y = f((x - mean) / sqrt(variance + eps) * weight + bias) + residual, mean and biased variance over the pixels of each
 * picture and the neighbouring channels of each of `groups` equal groups.
 *
 * @param x - `[n, ..., c]`, pictures `[n, h, w, c]`
 * @param affine - `[c]` each, or null
 * @param options - eps 1e-5 by default
 * @returns x's shape
 * @throws ShapeError when groups do not divide c, affine or residual do not fit x, or eps is not above 0
 */
export function groupNorm(
  tape: Tape | null,
  x: Tensor,
  groups: number,
  affine: Affine | null,
  options: NormOptions = {},
): Tensor {
  const n = x.shape[0]!;
  const size = x.shape.at(-1)! / groups;
  expect(Number.isInteger(size), 'group_norm', `${groups} groups do not divide x ${showShape(x.shape)}`);
  return channelNorm(tape, x, affine, options, { op: 'group_norm', n, pixels: x.rows / n, size });
}
