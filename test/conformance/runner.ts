import { Command, CommanderError, Option } from 'commander';
import { escapeControl, messageOf, UserError } from '../../src/cli/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { type GemmFamily, gemmFamilies } from '../../src/runtime/ops/gemm.ts';
import { type WinogradTile, winogradTiles } from '../../src/runtime/ops/winograd.ts';
import { diskFiles } from './disk_files.ts';
import { Folder } from './read_case.ts';
import { runCases } from './run_cases.ts';

/** Where lines go. */
export interface Print {
  readonly out: (line: string) => void;
  readonly error: (line: string) => void;
}

interface Options {
  readonly filter: string;
  readonly family?: GemmFamily;
  readonly storage: 'f32' | 'f16';
  readonly winograd?: WinogradTile | 'off';
}

/**
 * Runs the cases of a folder: a line for each, then the counts.
 *
 * @param args - `DIR [--filter TEXT] [--family NAME] [--winograd TILE] [--storage f16]`
 * @returns exit code: 0, 1 where a case failed, 2 for wrong usage and files that are missing or broken
 */
export async function runConformance(args: readonly string[], print: Print): Promise<number> {
  try {
    const command = commandLine(print).parse(args, { from: 'user' });
    return await runFolder(command.args[0]!, command.opts<Options>(), print);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    print.error(`conformance: ${escapeControl(messageOf(error))}`);
    return error instanceof UserError ? 2 : 1;
  }
}

const commandLine = (print: Print): Command =>
  new Command('conformance')
    .description('Compare the engine with reference vectors.')
    .argument('<dir>', 'folder with index_ops.json, index_models.json or both')
    .option('--filter <text>', 'only cases whose name contains this', '')
    .addOption(
      new Option(
        '--family <name>',
        'forces one kernel family; plain: as on devices without subgroups',
      ).choices(gemmFamilies),
    )
    .addOption(
      new Option('--winograd <tile>', 'forces the tile of 3x3 convolutions, or none').choices([
        ...winogradTiles,
        'off',
      ]),
    )
    .addOption(
      new Option('--storage <type>', 'what tensors are stored in; f16 has bars of its own')
        .choices(['f32', 'f16'])
        .default('f32'),
    )
    .configureOutput({
      writeOut: (text) => print.out(text.trimEnd()),
      writeErr: (text) => print.error(text.trimEnd()),
    })
    .exitOverride();

async function runFolder(path: string, options: Options, print: Print): Promise<number> {
  const { filter, family, winograd, storage } = options;
  const folder = await Folder.open(diskFiles(path));
  const cases = folder.cases.filter(({ name }) => name.includes(filter));
  if (!cases.length) throw new UserError(`${path}: no case has "${filter}" in its name`);
  const open = () => Gpu.open({ storage, ...(family && { family }), ...(winograd && { winograd }) });
  const { fail } = await runCases(open, folder, cases, print.out);
  return fail ? 1 : 0;
}
