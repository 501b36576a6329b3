import { kmeans } from 'ml-kmeans';
import { Random } from './random.ts';
import { type Rows, squaredDistance } from './rows.ts';
import { seedCentres } from './seeding.ts';

/** A partition of features. */
export interface Clusters {
  /** Cluster of each feature, from 0. */
  readonly of: readonly number[];
  readonly centres: readonly (readonly number[])[];
  /** Sum of squared distances to the centres. */
  readonly inertia: number;
}

const RESTARTS = 10;
const MAX_ITERATIONS = 300;

const inertiaOf = (rows: Rows, of: readonly number[], centres: Clusters['centres']): number =>
  rows.reduce((sum, row, i) => sum + squaredDistance(row, centres[of[i]!]!), 0);

/** Each distinct feature as a cluster of its own, in order of appearance. */
function distinct(rows: Rows): Clusters {
  const numbers = new Map<string, number>();
  const centres: number[][] = [];
  const of = rows.map((row) => {
    const key = Array.from(row).join();
    const known = numbers.get(key) ?? centres.push(Array.from(row)) - 1;
    numbers.set(key, known);
    return known;
  });
  return { of, centres, inertia: 0 };
}

/**
 * k-means: the best by inertia of 10 runs of Lloyd's algorithm from k-means++, deterministic for a seed. Where fewer than
 * `k` features are distinct, there are as many clusters as these.
 *
 * @throws RangeError where k is not from 1 to the number of features, or the features are not equally long and finite
 */
export function clusterFeatures(rows: Rows, k: number, seed: number): Clusters {
  if (!Number.isInteger(k) || k < 1 || k > rows.length)
    throw new RangeError(`${rows.length} features cannot make ${k} clusters`);
  const width = rows[0]!.length;
  const bad = rows.findIndex((row) => row.length !== width || !Array.from(row).every(Number.isFinite));
  if (bad >= 0) throw new RangeError(`feature ${bad} is not ${width} finite values`);
  const apart = distinct(rows);
  if (apart.centres.length <= k) return apart;
  const data = rows.map((row) => Array.from(row));
  const floats = rows.map((row) => Float64Array.from(row));
  let best: Clusters | null = null;
  for (let run = 0; run < RESTARTS; run++) {
    const initialization = seedCentres(floats, k, new Random(seed).fork(`k-means ${run}`));
    const options = { initialization, maxIterations: MAX_ITERATIONS };
    const { clusters: of, centroids: centres } = kmeans(data, k, options);
    const inertia = inertiaOf(rows, of, centres);
    if (!best || inertia < best.inertia) best = { of, centres, inertia };
  }
  return best!;
}

/** For each cluster that is not empty the member nearest to its centre, the first of equals; in ascending order. */
export function nearestToCentres(rows: Rows, { of, centres }: Clusters): number[] {
  const nearest = new Map<number, { index: number; distance: number }>();
  for (const [index, row] of rows.entries()) {
    const distance = squaredDistance(row, centres[of[index]!]!);
    const known = nearest.get(of[index]!);
    if (!known || distance < known.distance) nearest.set(of[index]!, { index, distance });
  }
  return [...nearest.values()].map(({ index }) => index).sort((a, b) => a - b);
}

/** `count` of 0 … total - 1 at random, in ascending order; all of them where there are not more. */
export function randomIndices(total: number, count: number, seed: number): number[] {
  const all = Array.from({ length: total }, (_, i) => i);
  const shuffled = new Random(seed).fork('pick').shuffle(all);
  return shuffled.slice(0, count).sort((a, b) => a - b);
}
