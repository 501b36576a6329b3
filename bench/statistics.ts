/** What is kept of a few measurements. */
export interface Summary {
  readonly min: number;
  readonly median: number;
  /** Distance between the first and the third quartile. */
  readonly iqr: number;
  readonly count: number;
}

/** Quantile `q` of 0 to 1, between neighbours in proportion. @throws Error without values */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new Error('quantile: no values');
  const sorted = [...values].sort((a, b) => a - b);
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.ceil(place)]!];
  return low + (place - below) * (high - low);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Null without values. */
export function summary(values: readonly number[]): Summary | null {
  if (values.length === 0) return null;
  const iqr = quantile(values, 0.75) - quantile(values, 0.25);
  return { min: Math.min(...values), median: median(values), iqr, count: values.length };
}
