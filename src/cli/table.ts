import Table from 'cli-table3';

/** Prints a table; without colours or rules beyond the terminal's own, so that logs stay readable. */
export function printTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const colAligns = columns.map((_, i) => (i === 0 ? 'left' : 'right') as 'left' | 'right');
  const table = new Table({ head: [...columns], colAligns, style: { head: [], border: [], compact: true } });
  table.push(...rows.map((row) => [...row]));
  console.log(table.toString());
}
