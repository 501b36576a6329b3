import { expect } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type Affine, channelNorm, type NormOptions } from './channel_norm.ts';
import { concat } from './concat.ts';

/**
 * Batch norm as it trains: y = f((x - mean) / sqrt(variance + eps) * weight + bias) + residual, mean and biased
 * variance of each channel over the whole batch.
 *
 * @param x - `[n, ..., c]`, pictures `[n, h, w, c]`
 * @param affine - `[c]` each, or null
 * @param options - eps 1e-5 by default
 * @returns x's shape
 * @throws ShapeError when affine or residual do not fit x, or eps is not above 0
 */
export function batchNorm(
  tape: Tape | null,
  x: Tensor,
  affine: Affine | null,
  options: NormOptions = {},
): Tensor {
  return channelNorm(tape, x, affine, options, { op: 'batch_norm', n: 1, pixels: x.rows, size: 1 });
}

/** Mean and variance of each channel, `[c]` each, as training left them. */
export interface RunningStatistics {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch norm as it is applied: as {@link batchNorm} with given statistics, which get no gradient. One pass over x.
 *
 * @throws ShapeError when running, affine or residual do not fit x, or eps is not above 0
 */
export function batchNormApplied(
  tape: Tape | null,
  x: Tensor,
  running: RunningStatistics,
  affine: Affine | null,
  options: NormOptions = {},
): Tensor {
  const c = x.shape.at(-1)!;
  const { mean, variance } = running;
  expect(
    sameShape(mean.shape, [c]) && sameShape(variance.shape, [c]),
    'batch_norm',
    `mean is ${showShape(mean.shape)}, variance is ${showShape(variance.shape)}, x is ${showShape(x.shape)}`,
  );
  const given = concat(null, [mean.view([1, 1, c]), variance.view([1, 1, c])], 'first');
  return channelNorm(tape, x, affine, options, { op: 'batch_norm', n: 1, pixels: x.rows, size: 1, given });
}
