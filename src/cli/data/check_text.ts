import type { CheckReport } from './check.ts';
import { firstFew } from './skips.ts';

/** The report of `data check` as lines of text. */
export function describeCheck(report: CheckReport): string[] {
  const { dataSet } = report;
  const group = (members: readonly string[]) => members.join(' = ');
  return [
    `layout: ${dataSet.layout}`,
    `pairs: ${dataSet.pairs.length}, of them usable: ${report.usable.length}`,
    ...countLines(report),
    `sizes: ${[...report.sizes].map(([size, files]) => `${size} (${files})`).join(', ') || 'none'}`,
    ...[...report.notes].map(([note, files]) => `converted: ${files} ${note}`),
    ...report.broken.map((reason) => `broken: ${reason}`),
    ...named('pairs of two sizes', report.mismatches),
    ...named('groups of equal pictures', report.duplicates.map(group)),
    ...named('targets equal to their input', report.unchanged),
    ...named('groups of names that differ in case alone', report.caseClashes.map(group)),
    ...(dataSet.skips.count > 0 ? [`left out: ${dataSet.skips.count} files`] : []),
    ...dataSet.skips.lines().map((line) => `  ${line}`),
  ];
}

/** One line per split and concept where the folder has them. */
function countLines({ dataSet }: CheckReport): string[] {
  const counts = new Map<string, number>();
  for (const { split, concept } of dataSet.pairs) {
    const key = [split, concept].filter((part) => part !== undefined).join(', ');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].filter(([key]) => key !== '').map(([key, pairs]) => `  ${key}: ${pairs}`);
}

function named(what: string, names: readonly string[]): string[] {
  return names.length > 0 ? [`${names.length} ${what}: ${firstFew(names)}`] : [];
}
