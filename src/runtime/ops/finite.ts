import firstKernel from '#kernels/finite/first.wgsl';
import type { Tensor } from '../tensor.ts';
import { partialSums } from './reduce.ts';

const WG = 64;
const LOW = 4096;

/**
 * The place of x's first element that is NaN or infinite, found on bits. No gradient.
 *
 * @param x - any shape, f32, up to 2^36 elements; its padding counts as elements
 * @returns `[4]`, for {@link placeOf}
 */
export function firstNonFinite(x: Tensor): Tensor {
  const groups = partialSums(x.length / 4);
  const launch = (from: Tensor, count: number, MERGE: boolean): Tensor => {
    const to = x.like(count > 1 ? [count, 4] : [4], 'f32');
    const options = { groups: [count] as const, overrides: { WG, MERGE }, flops: from.length };
    x.gpu.run(firstKernel, { x: from, y: to }, { n4: from.length / 4 }, options);
    return to;
  };
  const places = launch(x, groups, false);
  return groups > 1 ? launch(places, 1, true) : places;
}

/** Element number, in memory, that the four values of {@link firstNonFinite} name; null where all are finite. */
export const placeOf = ([found, high, low]: ArrayLike<number> & Iterable<number>): number | null =>
  found === 0 ? null : high! * LOW + low!;
