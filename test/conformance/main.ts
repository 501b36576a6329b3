// Compares the engine with vectors in a folder: `npm run conformance -- DIR [--filter TEXT] [--cores plain]`.
import { Command, CommanderError, Option } from 'commander';
import { escapeControl, messageOf, UserError } from '../../src/cli/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { type Case, Folder } from './read_case.ts';
import { type Result, runCase } from './run_case.ts';

interface Options {
  readonly filter?: string;
  readonly cores: 'auto' | 'plain';
}

const command = new Command('conformance')
  .description('Compare the engine with reference vectors.')
  .argument('<dir>', 'folder with index_ops.json, index_models.json or both')
  .option('--filter <text>', 'only cases whose name contains this')
  .addOption(
    new Option('--cores <which>', 'plain: as on devices without subgroups')
      .choices(['auto', 'plain'])
      .default('auto'),
  )
  .exitOverride();

function line({ name, verdict, ratio, detail }: Result, width: number): string {
  const shown = ratio === null ? '-' : ratio.toPrecision(2);
  return [name.padEnd(width), verdict, shown.padStart(8), escapeControl(detail)].join('  ').trimEnd();
}

/** Runs the cases one after the other; what went wrong in one must not reach the next, so that gets a new device. */
async function runAll(folder: Folder, cases: readonly Case[], { cores }: Options): Promise<Result[]> {
  const open = () => Gpu.open(cores === 'plain' ? { subgroups: false } : {});
  const width = Math.max(...cases.map(({ name }) => name.length));
  const results: Result[] = [];
  let gpu = await open();
  try {
    for (const one of cases) {
      const result = await runCase(gpu, folder, one);
      results.push(result);
      console.log(line(result, width));
      if (result.verdict === 'fail' && result.ratio === null) {
        gpu.close();
        gpu = await open();
      }
    }
  } finally {
    gpu.close();
  }
  return results;
}

async function main(): Promise<number> {
  command.parse();
  const options = command.opts<Options>();
  const folder = await Folder.open(command.args[0]!);
  const { filter = '' } = options;
  const cases = folder.cases.filter(({ name }) => name.includes(filter));
  if (!cases.length) throw new UserError(`${folder.path}: no case has "${filter}" in its name`);
  const results = await runAll(folder, cases, options);
  const count = (verdict: Result['verdict']) => results.filter((r) => r.verdict === verdict).length;
  console.log(`${count('pass')} passed, ${count('fail')} failed, ${count('skip')} skipped`);
  return count('fail') ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const told = error instanceof CommanderError;
  if (!told) console.error(`conformance: ${escapeControl(messageOf(error))}`);
  process.exitCode = told ? Math.min(error.exitCode * 2, 2) : error instanceof UserError ? 2 : 1;
}
