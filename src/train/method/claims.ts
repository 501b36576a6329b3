/** Two ways of making the same thing, compared pair by pair: same concept, same seed. The lower, the better. */
export interface Comparison {
  readonly ours: readonly number[];
  readonly other: readonly number[];
}

/** What a comparison says of the claim that ours is at least as good. */
export interface Verdict {
  readonly ours: number;
  readonly other: number;
  /** Mean of other - ours: above zero where ours is better; and its standard error, null for a single pair. */
  readonly difference: number;
  readonly standardError: number | null;
  readonly verdict: 'holds' | 'within noise' | 'does not hold';
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

// Two standard errors: about one claim in twenty is misjudged by chance.
const NOISE = 2;

/**
 * Judges "ours is at least as good": it holds where ours is better on the mean or equal, does not hold where it is worse by more
 * than two standard errors of the paired differences, and is within noise between the two.
 *
 * @throws RangeError where the lists are empty or differ in length
 */
export function judgeClaim({ ours, other }: Comparison): Verdict {
  if (ours.length === 0 || ours.length !== other.length)
    throw new RangeError(`${ours.length} and ${other.length} results cannot be paired`);
  const differences = ours.map((value, i) => other[i]! - value);
  const difference = mean(differences);
  const n = differences.length;
  const variance = differences.reduce((sum, d) => sum + (d - difference) ** 2, 0) / (n - 1 || 1);
  const standardError = n > 1 ? Math.sqrt(variance / n) : null;
  const beyond = standardError !== null && difference < -NOISE * standardError;
  const single = standardError === null && difference < 0;
  const verdict = difference >= 0 ? 'holds' : beyond || single ? 'does not hold' : 'within noise';
  return { ours: mean(ours), other: mean(other), difference, standardError, verdict };
}
