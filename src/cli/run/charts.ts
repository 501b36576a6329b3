import type { MetricsRow } from './metrics_log.ts';

const MAX_POINTS = 1000;

/** One chart: curves over the same steps. `data[0]` is the steps, `data[i]` the values of `series[i - 1]`. */
export interface Chart {
  readonly title: string;
  readonly series: readonly string[];
  readonly data: readonly (readonly (number | null)[])[];
}

/**
 * The numeric columns of the metrics as charts, those with a common beginning (`loss/G`, `loss/D`) in one. More than
 * 1000 steps are averaged in equal groups, so that a report of a long run stays small.
 */
export function chartsOf(rows: readonly MetricsRow[]): Chart[] {
  const names = new Set(
    rows.flatMap((row) => Object.keys(row).filter((name) => typeof row[name] === 'number')),
  );
  names.delete('step');
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const title = name.split('/', 1)[0]!;
    groups.set(title, [...(groups.get(title) ?? []), name]);
  }
  return [...groups].map(([title, series]) => chart(title, series, rows));
}

function chart(title: string, series: readonly string[], rows: readonly MetricsRow[]): Chart {
  const own = rows.filter((row) => series.some((name) => typeof row[name] === 'number'));
  const size = Math.ceil(own.length / MAX_POINTS);
  const parts = Array.from({ length: Math.ceil(own.length / size) }, (_, i) =>
    own.slice(i * size, (i + 1) * size),
  );
  const steps = parts.map((part) => part.at(-1)!.step);
  return { title, series, data: [steps, ...series.map((name) => parts.map((part) => mean(part, name)))] };
}

function mean(rows: readonly MetricsRow[], name: string): number | null {
  const values = rows.map((row) => row[name]).filter((value) => typeof value === 'number');
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;
}
