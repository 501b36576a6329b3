import { escapeControl } from '../../src/cli/errors.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Case, Folder } from './read_case.ts';
import { type Result, runCase } from './run_case.ts';

/** How many cases ended how. */
export type Counts = Record<Result['verdict'], number>;

/** Runs cases: a line for each, then the counts, in Node and in pages alike. */
export async function runCases(
  open: () => Promise<Gpu>,
  folder: Folder,
  cases: readonly Case[],
  print: (line: string, verdict?: Result['verdict']) => void,
): Promise<Counts> {
  const width = Math.max(...cases.map(({ name }) => name.length));
  const counts: Counts = { pass: 0, fail: 0, skip: 0 };
  for await (const result of results(open, folder, cases)) {
    counts[result.verdict]++;
    print(lineOf(result, width), result.verdict);
  }
  print(`${counts.pass} passed, ${counts.fail} failed, ${counts.skip} skipped`);
  return counts;
}

/** One case after the other; a device on which a case broke off may be faulty, so the next case gets a new one. */
async function* results(
  open: () => Promise<Gpu>,
  folder: Folder,
  cases: readonly Case[],
): AsyncGenerator<Result> {
  let gpu = await open();
  try {
    for (const one of cases) {
      const result = await runCase(gpu, folder, one);
      yield result;
      if (result.verdict !== 'fail' || result.ratio !== null) continue;
      gpu.close();
      gpu = await open();
    }
  } finally {
    gpu.close();
  }
}

function lineOf({ name, verdict, ratio, detail }: Result, width: number): string {
  const shown = ratio === null ? '-' : ratio.toPrecision(2);
  return escapeControl([name.padEnd(width), verdict, shown.padStart(8), detail].join('  ').trimEnd());
}
