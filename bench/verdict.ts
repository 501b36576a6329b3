import type { FloatsByName } from './graph/values.ts';

/** What one output should hold, wholly or in some places. */
export interface Expected {
  readonly output: string;
  /** Places in the output; null for all of them in order. */
  readonly places: Int32Array | null;
  readonly values: ArrayLike<number>;
  /** Least value that errors are a share of, where the root mean square may be next to nothing. */
  readonly floor?: number;
  /** Compare root mean squares, not the largest difference. */
  readonly overall?: boolean;
}

/** How far outputs are from what is expected. */
export interface Comparison {
  /** Difference as a share of the expected values' root mean square, the largest over all outputs. */
  readonly error: number;
  /** The output with that error. */
  readonly output: string;
}

/** Whether a library's numbers are right, and how far off they are; `doubtful`: nobody's agree. */
export interface Verdict extends Comparison {
  readonly status: 'right' | 'wrong' | 'doubtful';
}

function rootMeanSquare(values: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares / Math.max(1, values.length));
}

function errorOf(got: ArrayLike<number>, { places, values, floor = 0, overall = false }: Expected): number {
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    const difference = Math.abs(got[places ? places[i]! : i]! - values[i]!);
    squares += difference * difference;
    if (!(difference <= largest)) largest = difference;
    if (Number.isNaN(largest)) return Number.NaN;
  }
  const error = overall ? Math.sqrt(squares / Math.max(1, values.length)) : largest;
  const scale = Math.max(rootMeanSquare(values), floor);
  return scale > 0 ? error / scale : error;
}

/** Compares outputs; a missing output, one of another length or a NaN is infinitely wrong. */
export function compare(outputs: FloatsByName, expected: readonly Expected[]): Comparison {
  let worst: Comparison = { error: 0, output: expected[0]?.output ?? '' };
  for (const e of expected) {
    const got = outputs.get(e.output)?.data;
    const fits = got && (e.places ? (e.places.at(-1) ?? 0) < got.length : got.length === e.values.length);
    const error = fits ? errorOf(got, e) : Number.NaN;
    const rated = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    if (rated > worst.error) worst = { error: rated, output: e.output };
  }
  return worst;
}

/**
 * A library's outputs as what others are compared with. Moments of a whole step's gradients (`m …`) are compared over all their
 * values: where a ReLU's input or the L1 term's difference is next to zero, rounding decides its sign, and a gradient then differs by
 * a whole pixel's share in all weights (ours by three forms of the same convolutions: single values by up to 3 % of the root
 * mean square). A bias before a norm has no gradient but rounding, so moments are
 * measured by a hundredth of the largest among them at least.
 */
export function expectedFrom(outputs: FloatsByName): Expected[] {
  const isMoment = (name: string) => name.startsWith('m ');
  const moments = [...outputs].filter(([name]) => isMoment(name));
  const largest = Math.max(0, ...moments.map(([, { data }]) => rootMeanSquare(data)));
  return [...outputs].map(([output, { data }]) => {
    const floor = isMoment(output) ? largest / 100 : 0;
    return { output, places: null, values: data, floor, overall: isMoment(output) };
  });
}

/** Judges against a reference. */
export function judge(outputs: FloatsByName, expected: readonly Expected[], tolerance: number): Verdict {
  const comparison = compare(outputs, expected);
  return { ...comparison, status: comparison.error <= tolerance ? 'right' : 'wrong' };
}

/**
 * Judges libraries against each other where there is no reference: right is the largest set that agrees with one of
 * them, if it has two or more; its errors are those against that one. With nobody agreeing all are doubtful.
 */
export function judgeAmong(
  outputs: ReadonlyMap<string, FloatsByName>,
  tolerance: number,
): Map<string, Verdict> {
  const names = [...outputs.keys()];
  let best: { middle: string; comparisons: Map<string, Comparison>; agreeing: number } | null = null;
  for (const middle of names) {
    const expected = expectedFrom(outputs.get(middle)!);
    const comparisons = new Map(names.map((name) => [name, compare(outputs.get(name)!, expected)]));
    const agreeing = [...comparisons.values()].filter(({ error }) => error <= tolerance).length;
    if (!best || agreeing > best.agreeing) best = { middle, comparisons, agreeing };
  }
  const verdicts = new Map<string, Verdict>();
  for (const [name, comparison] of best?.comparisons ?? []) {
    const agrees = comparison.error <= tolerance ? 'right' : 'wrong';
    verdicts.set(name, { ...comparison, status: best!.agreeing > 1 ? agrees : 'doubtful' });
  }
  return verdicts;
}
