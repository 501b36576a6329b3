import { Random } from '../random.ts';
import { type Rows, squaredDistance } from '../rows.ts';
import { clusterFeatures, nearestToCentres, randomIndices } from '../select.ts';

/** Ways of choosing the concepts that a base is trained on. */
export const BASE_KINDS = ['clustered', 'random', 'one-sided', 'single'] as const;
export type BaseKind = (typeof BASE_KINDS)[number];

/** A concept and its nearest `k` - 1: the set with the smallest sum of distances, so all of one sort. */
function closest(rows: Rows, k: number): number[] {
  const around = rows.map((row) => {
    const distances = rows.map((other, i) => ({ i, distance: squaredDistance(row, other) }));
    const near = distances.sort((a, b) => a.distance - b.distance || a.i - b.i).slice(0, k);
    return { members: near.map(({ i }) => i), sum: near.reduce((sum, { distance }) => sum + distance, 0) };
  });
  return around.reduce((best, one) => (one.sum < best.sum ? one : best)).members.sort((a, b) => a - b);
}

/**
 * Indices of the concepts of one kind of base, ascending: `clustered` the nearest to each of k centres of k-means,
 * `random` any k, `one-sided` k that are as alike as can be, `single` any one.
 *
 * @see Gong et al. 2024 (E2GAN), the ablation of base models: 20 clustered, 20 random, 200 of art, one
 */
export function conceptSet(kind: BaseKind, rows: Rows, k: number, seed: number): number[] {
  if (kind === 'clustered') return nearestToCentres(rows, clusterFeatures(rows, k, seed));
  if (kind === 'random') return randomIndices(rows.length, k, seed);
  if (kind === 'one-sided') return closest(rows, k);
  return [new Random(seed).fork('single').integer(rows.length)];
}
