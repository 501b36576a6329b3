import { add } from '../runtime/ops/add.ts';
import { concat } from '../runtime/ops/concat.ts';
import { inverseSqrt } from '../runtime/ops/inverse_sqrt.ts';
import { mul, scale } from '../runtime/ops/mul.ts';
import { mean } from '../runtime/ops/reduce.ts';
import type { Shape } from '../runtime/shape.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { Dual } from './dual.ts';

const EPS = 1e-8;
const LARGEST_GROUP = 4;

/** Pictures that are compared with each other: the most, up to 4, that n pictures can be parted into. */
export const groupSize = (n: number): number => [4, 3, 2, 1].find((g) => g <= LARGEST_GROUP && n % g === 0)!;

/** x less its mean over the group, which is the first dimension. */
function centred(tape: Tape | null, x: Tensor, one: Shape): Tensor {
  return add(tape, x, scale(tape, mean(tape, x, one), -1));
}

/**
 * Adds one channel: s = mean over h, w, c of sqrt(var + 1e-8), where var is the variance over a group of pictures. Picture
 * i belongs to group i mod (n / group size). The tangent of s is mean of mean(d d') / sqrt(var + 1e-8), with d the
 * differences from the group's mean and d' their tangents.
 *
 * @param x - `[n, h, w, c]`
 * @returns `[n, h, w, c + 1]`
 * @see Karras et al. 2018 (progressive growing), section 3
 */
export function minibatchStd(tape: Tape | null, { value, tangent }: Dual): Dual {
  const [n, h, w, c] = value.shape as [number, number, number, number];
  const group = groupSize(n);
  const groups = n / group;
  const shape = [group, groups, h * w, c];
  const one = [1, groups, h * w, c];
  const each = [1, groups, 1, 1];
  const ones = value.gpu.constant(`ones ${n} ${h * w}`, [group, groups, h * w, 1], () =>
    Array<number>(n * h * w).fill(1),
  );
  const beside = (x: Tensor, s: Tensor) => concat(tape, [x, mul(tape, ones, s).view([n, h, w, 1])]);
  const d = centred(tape, value.view(shape), one);
  const variance = mean(tape, mul(tape, d, d), one);
  const inverse = inverseSqrt(tape, variance, EPS);
  const std = mul(tape, add(tape, variance, value.gpu.scalar(EPS)), inverse);
  const spread = beside(value, mean(tape, std, each));
  if (!tangent) return { value: spread, tangent };
  const half = mean(tape, mul(tape, d, centred(tape, tangent.view(shape), one)), one);
  return { value: spread, tangent: beside(tangent, mean(tape, mul(tape, half, inverse), each)) };
}
