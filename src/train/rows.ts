/** Rows of equal length. */
export type Rows = readonly ArrayLike<number>[];

/** Squared Euclidean distance of two rows of features. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) * (a[i]! - b[i]!);
  return sum;
}
