import { Command, Option } from 'commander';
import { ADAPTER_METADATA } from '../../model/adapter_file.ts';
import type { Picture } from '../../model/picture.ts';
import { findPairs } from '../data/data_set.ts';
import type { Pair } from '../data/pair.ts';
import { firstFew } from '../data/skips.ts';
import { withGpu } from '../device.ts';
import { addEditOptions, type EditOptions } from '../edit_options.ts';
import { type Edit, Editors, readEdit } from '../editing.ts';
import { UserError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { loadSquares, pairsOfConcept, splitPairs } from '../folder_source.ts';
import { pictureGrid } from '../images/grid.ts';
import { encodePng } from '../images/png.ts';
import { integer, text } from '../options.ts';
import { requirePngOutput } from '../outputs.ts';
import { startProgress } from '../progress.ts';
import { type Quality, quality } from '../session.ts';
import { printTable } from '../table.ts';
import { warn } from '../warn.ts';

interface EvaluateOptions extends EditOptions {
  readonly concept?: string;
  readonly heldOut?: number;
  readonly size?: number;
  readonly json?: boolean;
  readonly sheet?: string;
  readonly force?: boolean;
}

const DEFAULT_SIZE = 256;
const SHEET_ROWS = 24;

/** Pictures of one pair, by what was done to the input. */
interface Judged {
  readonly input: Picture;
  readonly base: Picture;
  readonly edited: Picture;
  readonly target: Picture;
}

const CANDIDATES = { input: 'untouched input', base: 'base alone', edited: 'base with adapters' } as const;
type Candidate = keyof typeof CANDIDATES;

/** What `evaluate` finds out: means over pairs. */
interface Evaluation {
  readonly pairs: number;
  readonly size: number;
  readonly rule: string;
  readonly against_target: Readonly<Partial<Record<Candidate, Quality>>>;
  readonly left_out: readonly string[];
}

/** The pairs to judge by, and by which rule they were taken. */
function chosenPairs(all: readonly Pair[], options: EvaluateOptions): { pairs: Pair[]; rule: string } {
  const own = pairsOfConcept(all, options.concept);
  const { heldOut, train } = splitPairs(own, options.heldOut ?? own.length);
  if (own.some(({ split }) => split === 'val' || split === 'test'))
    return { pairs: heldOut, rule: 'the val and test splits' };
  const rule = train.length > 0 ? `the last ${heldOut.length} of ${own.length} pairs` : 'all pairs';
  return { pairs: heldOut, rule };
}

/** Edge of the pictures: as asked for, else what the first adapter was trained at. */
function edgeOf({ adapters }: Edit, asked: number | undefined): number {
  const trained = Number(adapters[0]?.adapter.metadata.get(ADAPTER_METADATA.imageSize));
  return asked ?? (trained >= 16 && trained <= 2048 ? trained : DEFAULT_SIZE);
}

/** Means over pairs of what each candidate scores. */
function means(scores: readonly Record<Candidate, Quality>[], candidate: Candidate): Quality {
  const mean = (measure: keyof Quality) =>
    scores.reduce((sum, score) => sum + score[candidate][measure], 0) / scores.length;
  return { l1: mean('l1'), psnr: mean('psnr'), ssim: mean('ssim') };
}

/** Edits and scores pairs one by one; one that fails is left out with a warning. */
async function judge(
  edit: Edit,
  pairs: readonly Pair[],
  size: number,
  options: EvaluateOptions,
): Promise<{ scores: Record<Candidate, Quality>[]; shown: Judged[]; leftOut: string[] }> {
  const [scores, shown, leftOut]: [Record<Candidate, Quality>[], Judged[], string[]] = [[], [], []];
  const progress = startProgress({ label: 'evaluate', total: pairs.length, unit: 'pairs' });
  await withGpu(options, async (gpu) => {
    const adapted = new Editors(gpu, edit);
    const plain = edit.adapters.length > 0 ? new Editors(gpu, { ...edit, adapters: [] }) : adapted;
    for (const [i, pair] of pairs.entries()) {
      try {
        const { input, target } = await loadSquares(pair, size);
        const judged = { input, target, base: await plain.edit(input), edited: await adapted.edit(input) };
        const score = (candidate: Candidate) => quality([judged[candidate]], [target]);
        scores.push({ input: score('input'), base: score('base'), edited: score('edited') });
        if (shown.length < SHEET_ROWS) shown.push(judged);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        leftOut.push(pair.target);
        warn(`${error.message}; left out`);
      }
      progress.update(i + 1);
    }
  }).finally(() => progress.stop());
  return { scores, shown, leftOut };
}

const sheetOf = (judged: readonly Judged[]): Promise<Picture> =>
  pictureGrid(
    ['before', 'base', 'edited', 'target'],
    judged.map(({ input, base, edited, target }) => ({ pictures: [input, base, edited, target] })),
  );

function print({ pairs, size, rule, against_target }: Evaluation): void {
  const row = (name: string, { psnr, ssim, l1 }: Quality) => [
    name,
    psnr.toFixed(2),
    ssim.toFixed(4),
    l1.toFixed(4),
    pairs,
  ];
  console.log(`means over ${rule} (n = ${pairs}) at ${size}x${size}`);
  const rows = Object.entries(against_target).map(([name, q]) => row(CANDIDATES[name as Candidate], q));
  printTable(['against the target', 'PSNR dB', 'SSIM', 'L1', 'n'], rows);
}

async function evaluate(folder: string, options: EvaluateOptions): Promise<void> {
  if (options.sheet !== undefined) await requirePngOutput(options.sheet, options.force ?? false);
  const { pairs, rule } = chosenPairs((await findPairs(folder)).pairs, options);
  const found = await readEdit(options, warn);
  const edit = { ...found, prompt: found.prompt || (pairs[0]!.prompt ?? pairs[0]!.concept ?? '') };
  const size = edgeOf(edit, options.size);
  const { scores, shown, leftOut } = await judge(edit, pairs, size, options);
  if (scores.length === 0) throw new UserError(`${folder}: none of its ${pairs.length} pairs can be used`);
  const candidates: Candidate[] = edit.adapters.length > 0 ? ['input', 'base', 'edited'] : ['input', 'base'];
  const against = Object.fromEntries(candidates.map((name) => [name, means(scores, name)]));
  const evaluation = { pairs: scores.length, size, rule, against_target: against, left_out: leftOut };
  if (options.json) console.log(JSON.stringify(evaluation, null, 2));
  else print(evaluation);
  if (options.sheet !== undefined) await writeAtomic(options.sheet, encodePng(await sheetOf(shown)));
  if (leftOut.length > 0)
    throw new UserError(`${leftOut.length} of ${pairs.length} pairs were left out: ${firstFew(leftOut)}`);
}

/** `e2gan evaluate DATA`: how close edits come to the targets of a folder of pairs. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('compare edits with the targets of a folder of pairs: PSNR, SSIM and L1')
    .argument('<data>', 'folder of pairs', text);
  return addEditOptions(command)
    .addOption(new Option('--concept <name>', 'which concept of the folder').argParser(text))
    .addOption(
      new Option(
        '--held-out <n>',
        'only the last n pairs, as training holds them out (default: the val and test splits, else all)',
      ).argParser(integer({ min: 1, max: 1e6 })),
    )
    .addOption(
      new Option('--size <px>', 'edge of the pictures (default: what the adapter was trained at)').argParser(
        integer({ min: 16, max: 2048 }),
      ),
    )
    .addOption(
      new Option('--sheet <file.png>', 'before, base, edited and target side by side').argParser(text),
    )
    .option('--force', 'overwrite the sheet')
    .option('--json', 'print JSON')
    .action(evaluate);
}
