import { Command, Option } from 'commander';
import { type CheckReport, checkDataSet, contactSheet } from '../data/check.ts';
import { describeCheck } from '../data/check_text.ts';
import { scanFolder } from '../data/data_set.ts';
import { escapeControl, UserError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { encodePng } from '../images/png.ts';
import { text } from '../options.ts';
import { requirePngOutput } from '../outputs.ts';
import { startProgress } from '../progress.ts';

interface CheckOptions {
  readonly sheet?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The report for programs: names are relative to the folder. */
function asJson({ dataSet, usable, notes, sizes, ...found }: CheckReport): string {
  const groups = new Map<string, { split: string | null; concept: string | null; pairs: number }>();
  for (const { split = null, concept = null } of dataSet.pairs) {
    const key = JSON.stringify([split, concept]);
    groups.set(key, { split, concept, pairs: (groups.get(key)?.pairs ?? 0) + 1 });
  }
  const report = {
    layout: dataSet.layout,
    pairs: dataSet.pairs.length,
    usable: usable.length,
    groups: [...groups.values()],
    sizes: Object.fromEntries(sizes),
    converted: Object.fromEntries(notes),
    ...found,
    left_out: dataSet.skips.lines(),
  };
  return JSON.stringify(report, null, 2);
}

async function check(folder: string, options: CheckOptions): Promise<void> {
  if (options.sheet !== undefined) await requirePngOutput(options.sheet, options.force ?? false);
  const dataSet = await scanFolder(folder);
  const total = new Set(dataSet.pairs.flatMap(({ input, target }) => [input, target])).size;
  const progress = startProgress({ label: 'check', total, unit: 'pictures' });
  const report = await checkDataSet(dataSet, (done) => progress.update(done)).finally(() => progress.stop());
  if (options.json) console.log(asJson(report));
  else console.log(describeCheck(report).map(escapeControl).join('\n'));
  if (options.sheet !== undefined && report.usable.length > 0)
    await writeAtomic(options.sheet, encodePng(await contactSheet(report)));
  if (dataSet.pairs.length === 0) throw new UserError(`${folder}: no pairs (layout: ${dataSet.layout})`);
  if (report.broken.length > 0)
    throw new UserError(`${folder}: ${report.broken.length} files cannot be read`);
}

/** `e2gan data check DIR`: what lies in a folder of pairs, and what would spoil a training. */
export function dataCommand(): Command {
  const checking = new Command('check')
    .description('say which pairs a folder holds and what is wrong with it')
    .argument('<folder>', 'folder of pairs', text)
    .addOption(new Option('--sheet <file.png>', 'write a contact sheet of some pairs').argParser(text))
    .option('--force', 'overwrite the sheet')
    .option('--json', 'print JSON')
    .action(check);
  return new Command('data').description('look at folders of pairs').addCommand(checking);
}
