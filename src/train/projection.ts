import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { Rows } from './rows.ts';

/**
 * Features on their two principal axes (PCA): the two directions of largest variance, found as eigenvectors of the
 * features' Gram matrix, centred, n x n. Each axis points to where its furthest feature lies, so that the picture does
 * not flip.
 *
 * @returns x and y of each feature, in the features' units
 */
export function planeOf(rows: Rows): [x: number, y: number][] {
  const n = rows.length;
  const centred = new Matrix(rows.map((row) => Array.from(row))).center('column');
  const gram = centred.mmul(centred.transpose());
  const { realEigenvalues: values, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(gram, {
    assumeSymmetric: true,
  });
  const order = values.map((_, i) => i).sort((a, b) => values[b]! - values[a]!);
  const axis = (which: number): number[] => {
    const column = order[which];
    if (column === undefined) return Array<number>(n).fill(0);
    const length = Math.sqrt(Math.max(0, values[column]!));
    const along = vectors.getColumn(column).map((v) => v * length);
    const furthest = along.reduce((most, v) => (Math.abs(v) > Math.abs(most) + 1e-9 ? v : most), 0);
    return furthest < 0 ? along.map((v) => -v) : along;
  };
  const [xs, ys] = [axis(0), axis(1)];
  return xs.map((x, i) => [x, ys[i]!]);
}
