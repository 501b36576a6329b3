/** Where the middle of some measurements lies, and how far they scatter. */
export interface Summary {
  readonly count: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly p95: number;
}

/**
 * The value below which a share `p` of the sorted values lies; between two of them by a straight line.
 * @param sorted - ascending, at least one
 */
export function quantile(sorted: readonly number[], p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/** @throws RangeError without values */
export function summarise(values: readonly number[]): Summary {
  if (values.length === 0) throw new RangeError('summarise: nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (p: number) => quantile(sorted, p);
  return { count: sorted.length, q1: at(0.25), median: at(0.5), q3: at(0.75), p95: at(0.95) };
}

/** How one measurement stands to another of the same thing. */
export type Verdict = 'faster' | 'slower' | 'same';

/** Less than this share of the baseline's median is no difference, however quiet both runs were. */
const LEAST = 0.02;

/**
 * Compares two runs by their medians: they differ where the medians lie further apart than half the sum of both
 * interquartile ranges, and than 2 % of the baseline's.
 */
export function compareTimes(before: Summary, now: Summary): Verdict {
  const difference = now.median - before.median;
  const noise = (before.q3 - before.q1 + now.q3 - now.q1) / 2;
  if (Math.abs(difference) <= Math.max(noise, LEAST * before.median)) return 'same';
  return difference < 0 ? 'faster' : 'slower';
}
