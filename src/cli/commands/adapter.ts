import { Command, Option } from 'commander';
import { convert } from '../adapter/convert.ts';
import { inspect } from '../adapter/inspect.ts';
import { indexLibrary } from '../adapter/library.ts';
import { merge, unmerge } from '../adapter/merge.ts';
import { parseStrength } from '../adapter_argument.ts';
import { SHIPPED_BASE } from '../base_model.ts';
import { storedDtype, text } from '../options.ts';

const dtype = (what: string) => new Option('--dtype <type>', `${what}, f16 or f32`).argParser(storedDtype);
const strength = (what: string) => new Option('--strength <x>', what).argParser(parseStrength);
const texts = (value: string, before: readonly string[] = []): string[] => [...before, text(value)];
const ANY_BASE = ['--any-base', 'go on where the adapter was trained on another base'] as const;
const FORCE = ['--force', 'overwrite what is there'] as const;
const ADAPTER = 'adapter folder, or file with kohya names';

const inspectCommand = (): Command =>
  new Command('inspect')
    .description('say what an adapter is: layers, ranks, size, how much it changes')
    .argument('<adapter>', ADAPTER, text)
    .addOption(
      new Option(
        '--base <file>',
        'base generator, for the share of each weight that is changed; kohya names are resolved by it (default for those: the shipped one)',
      ).argParser(text),
    )
    .option('--json', 'print JSON')
    .action(inspect);

const mergeCommand = (): Command =>
  new Command('merge')
    .description('write a generator with adapters in its weights')
    .usage('[options] <base> <adapter[:strength]...> <out.safetensors>')
    .argument('<base>', 'base generator', text)
    .argument('<paths...>', 'one or more adapters, PATH[:STRENGTH], and then the file to write', texts)
    .addOption(strength('strength of adapters that name none, -4 to 4 (default: 1)'))
    .addOption(dtype('how the weights are stored (default: f32, so that it can be undone)'))
    .option(...ANY_BASE)
    .option(...FORCE)
    .action(merge);

const unmergeCommand = (): Command =>
  new Command('unmerge')
    .description('take an adapter out of a merged generator')
    .argument('<merged>', 'generator that adapters were merged into', text)
    .argument('<adapter>', ADAPTER, text)
    .argument('<out.safetensors>', 'file to write', text)
    .addOption(strength('strength that it was merged with (default: as the file says)'))
    .addOption(dtype('how the weights are stored (default: f32)'))
    .option(
      '--any-base',
      'go on where the file has no record of the adapter, or it was trained on another base',
    )
    .option(...FORCE)
    .action(unmerge);

const convertCommand = (): Command =>
  new Command('convert')
    .description("write an adapter as a folder in PEFT's layout")
    .argument('<adapter>', ADAPTER, text)
    .argument('<out>', 'folder to write', text)
    .addOption(dtype('how its weights are stored (default: f16)'))
    .addOption(
      new Option('--base <file>', 'base generator that kohya names are resolved by')
        .argParser(text)
        .default(SHIPPED_BASE, 'the shipped one'),
    )
    .option(...FORCE)
    .action(convert);

const libraryCommand = (): Command =>
  new Command('library')
    .alias('index')
    .description('write index.json of all adapters below a folder, for programs that choose among them')
    .argument('<folder>', 'folder of adapters, such as runs', text)
    .option('--force', 'overwrite an index.json that is something else')
    .action(indexLibrary);

/** `e2gan adapter`: looks at adapters, merges and converts them. */
export function adapterCommand(): Command {
  return new Command('adapter')
    .description('look at adapters, merge them into a base and out again, convert them, list a library')
    .addCommand(inspectCommand())
    .addCommand(mergeCommand())
    .addCommand(unmergeCommand())
    .addCommand(convertCommand())
    .addCommand(libraryCommand());
}
