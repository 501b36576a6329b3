import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Features of a set of pictures, one row each, all equally long. */
export type FeatureSet = readonly (readonly number[] | Float32Array | Float64Array)[];

/** Mean and covariance of a set: all that a Fréchet distance asks of it. */
export interface Gaussian {
  readonly samples: number;
  readonly mean: Float64Array;
  /** Symmetric, divided by samples - 1. */
  readonly covariance: Matrix;
}

/** Fewer samples than a covariance of these features needs. */
export class TooFewSamples extends RangeError {
  override name = 'TooFewSamples';
}

/** Throws RangeError for rows of several lengths, or with a value that is not finite. */
export function checkFeatures(set: FeatureSet): void {
  const width = set[0]?.length;
  const bad = set.findIndex((row) => row.length !== width || !Array.from(row).every(Number.isFinite));
  if (bad >= 0) throw new RangeError(`feature ${bad} is not ${width} finite values`);
}

/**
 * Mean and covariance of features.
 *
 * @param force - allow fewer samples than features; the covariance is then singular, and the distance too large
 * @throws TooFewSamples below 2 samples, and without `force` below as many as features; RangeError
 */
export function gaussianOf(set: FeatureSet, force = false): Gaussian {
  checkFeatures(set);
  const samples = set.length;
  const width = set[0]?.length ?? 0;
  if (samples < 2) throw new TooFewSamples(`a covariance needs 2 samples or more, there are ${samples}`);
  if (samples < width && !force)
    throw new TooFewSamples(`${samples} samples are fewer than the ${width} values of a feature`);
  const mean = new Float64Array(width);
  for (const row of set) for (let i = 0; i < width; i++) mean[i]! += row[i]! / samples;
  const centred = new Matrix(samples, width);
  for (const [r, row] of set.entries()) for (let i = 0; i < width; i++) centred.set(r, i, row[i]! - mean[i]!);
  const covariance = centred
    .transpose()
    .mmul(centred)
    .div(samples - 1);
  return { samples, mean, covariance };
}

/** Eigenvalues and vectors of a symmetric matrix, tiny negative values (rounding) as 0. */
function spectrum(matrix: Matrix): { values: number[]; vectors: Matrix } {
  const found = new EigenvalueDecomposition(matrix, { assumeSymmetric: true });
  return {
    values: found.realEigenvalues.map((v) => Math.max(0, v)),
    vectors: found.eigenvectorMatrix,
  };
}

/** The symmetric square root V sqrt(D) V^T of a positive semidefinite matrix V D V^T. */
export function symmetricRoot(matrix: Matrix): Matrix {
  const { values, vectors } = spectrum(matrix);
  const scaled = vectors.clone();
  for (const [c, value] of values.entries()) scaled.mulColumn(c, Math.sqrt(value));
  return scaled.mmul(vectors.transpose());
}

// Several sets are compared with one: its root, most of the work, is found once.
const roots = new WeakMap<Matrix, Matrix>();

function rootOf(covariance: Matrix): Matrix {
  const root = roots.get(covariance) ?? symmetricRoot(covariance);
  roots.set(covariance, root);
  return root;
}

/**
 * Fréchet distance of two Gaussians: |m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1 C2)^(1/2)). The last trace is the sum of
 * the roots of the eigenvalues of C1^(1/2) C2 C1^(1/2), which is symmetric, so that nothing complex can come up where a
 * covariance is singular. C1's root is kept as long as `a` is. With Inception's pool3 this is FID (Heusel et al. 2017).
 *
 * @returns not below 0
 * @throws RangeError where the features differ in length
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  if (a.mean.length !== b.mean.length)
    throw new RangeError(`features of ${a.mean.length} and of ${b.mean.length} values have no distance`);
  const shift = a.mean.reduce((sum, m, i) => sum + (m - b.mean[i]!) ** 2, 0);
  const root = rootOf(a.covariance);
  const product = root.mmul(b.covariance).mmul(root);
  // Products of rounded factors are symmetric only up to rounding.
  const symmetric = Matrix.add(product, product.transpose()).div(2);
  const cross = spectrum(symmetric).values.reduce((sum, value) => sum + Math.sqrt(value), 0);
  return Math.max(0, shift + a.covariance.trace() + b.covariance.trace() - 2 * cross);
}
