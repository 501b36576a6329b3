import { Random } from '../random.ts';
import { checkFeatures, type FeatureSet, TooFewSamples } from './frechet.ts';

/** A kernel distance with what its uncertainty is. */
export interface KernelDistance {
  /** Mean over the subsets; an unbiased estimate, so it may be below 0 where the sets are alike. */
  readonly value: number;
  readonly standardError: number;
  readonly subsets: number;
  /** Samples of each set in one subset. */
  readonly subsetSize: number;
}

/** How subsets are drawn. */
export interface SubsetOptions {
  readonly seed: number;
  /** 100 by default. */
  readonly subsets?: number;
  /** At most 1000 and at most half of the smaller set, which is the default. */
  readonly subsetSize?: number;
}

const SUBSETS = 100;
const LARGEST = 1000;

/** k(x, y) = (x . y / d + 1)^3 for all rows of a against all of b, row by row. */
function kernelMatrix(a: FeatureSet, b: FeatureSet): Float64Array {
  const d = a[0]!.length;
  const k = new Float64Array(a.length * b.length);
  for (const [i, x] of a.entries())
    for (const [j, y] of b.entries()) {
      let dot = 0;
      for (let c = 0; c < d; c++) dot += x[c]! * y[c]!;
      const base = dot / d + 1;
      k[i * b.length + j] = base * base * base;
    }
  return k;
}

/** Sum of k over the pairs of two lists of indices; without those of an index with itself where `own`. */
function sumOver(k: Float64Array, columns: number, rows: readonly number[], others: readonly number[]) {
  let sum = 0;
  for (const i of rows) for (const j of others) sum += k[i * columns + j]!;
  return sum;
}

/** MMD^2 of subsets of the same size. */
class Kernels {
  readonly #own: readonly [Float64Array, Float64Array];
  readonly #cross: Float64Array;
  readonly #sizes: readonly [number, number];

  constructor(a: FeatureSet, b: FeatureSet) {
    this.#own = [kernelMatrix(a, a), kernelMatrix(b, b)];
    this.#cross = kernelMatrix(a, b);
    this.#sizes = [a.length, b.length];
  }

  mmd(first: readonly number[], second: readonly number[]): number {
    const within = ([which, chosen]: readonly [0 | 1, readonly number[]]) => {
      const [k, n, m] = [this.#own[which], this.#sizes[which], chosen.length];
      const diagonal = chosen.reduce((sum, i) => sum + k[i * n + i]!, 0);
      return (sumOver(k, n, chosen, chosen) - diagonal) / (m * (m - 1));
    };
    const between = sumOver(this.#cross, this.#sizes[1], first, second) / (first.length * second.length);
    return within([0, first]) + within([1, second]) - 2 * between;
  }
}

function checkSets(a: FeatureSet, b: FeatureSet, least: number): void {
  checkFeatures(a);
  checkFeatures(b);
  const fewest = Math.min(a.length, b.length);
  if (fewest < least)
    throw new TooFewSamples(`a kernel distance needs ${least} samples or more, there are ${fewest}`);
  if (a[0]!.length !== b[0]!.length)
    throw new RangeError(`features of ${a[0]!.length} and of ${b[0]!.length} values have no distance`);
}

const all = (set: FeatureSet): number[] => set.map((_, i) => i);

/**
 * The unbiased MMD^2 of two sets under the kernel (x . y / d + 1)^3: mean over pairs within each set, no sample with
 * itself, less twice the mean over pairs between them.
 *
 * @throws TooFewSamples below 2 samples; RangeError
 */
export function polynomialMmd(a: FeatureSet, b: FeatureSet): number {
  checkSets(a, b, 2);
  return new Kernels(a, b).mmd(all(a), all(b));
}

/**
 * Kernel distance (KID with Inception's pool3): the mean of {@link polynomialMmd} over random subsets. Its standard
 * error is the subsets' deviation times sqrt(m / (n - m)), m of n samples in each: subsets drawn from one sample vary by
 * the share 1 - m / n of what fresh samples of that size would, and an estimate from n varies by m / n of it. Takes
 * 24 n^2 bytes.
 *
 * @throws TooFewSamples below 4 samples; RangeError
 * @see Bińkowski et al. 2018, Demystifying MMD GANs
 */
export function kernelDistance(a: FeatureSet, b: FeatureSet, options: SubsetOptions): KernelDistance {
  checkSets(a, b, 4);
  const n = Math.min(a.length, b.length);
  const subsetSize = Math.min(options.subsetSize ?? LARGEST, Math.floor(n / 2));
  const subsets = options.subsets ?? SUBSETS;
  const kernels = new Kernels(a, b);
  const values = Array.from({ length: subsets }, (_, s) => {
    const random = new Random(options.seed).fork(`subset ${s}`);
    const draw = (set: FeatureSet) => random.shuffle(all(set)).slice(0, subsetSize);
    return kernels.mmd(draw(a), draw(b));
  });
  const value = values.reduce((sum, v) => sum + v, 0) / subsets;
  const variance = values.reduce((sum, v) => sum + (v - value) ** 2, 0) / Math.max(1, subsets - 1);
  const standardError = Math.sqrt((variance * subsetSize) / (n - subsetSize));
  return { value, standardError, subsets, subsetSize };
}
