/** Mean and standard deviation of repeats; the deviation is 0 for one. */
export interface Mean {
  readonly mean: number;
  readonly deviation: number;
  readonly count: number;
}

/** @throws RangeError where there is nothing */
export function meanOf(values: readonly number[]): Mean {
  const count = values.length;
  if (count === 0) throw new RangeError('there is nothing to take the mean of');
  const mean = values.reduce((sum, v) => sum + v, 0) / count;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return { mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0, count };
}

/** Four digits, as all numbers of reports on trials. */
export const digits = (value: number): string => String(Number(value.toPrecision(4)));

/** `mean ± deviation`. */
export function meanText({ mean, deviation, count }: Mean): string {
  return count > 1 ? `${digits(mean)} ± ${digits(deviation)}` : digits(mean);
}
