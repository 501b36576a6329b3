import { Command, Option } from 'commander';
import { ADAPTER_METADATA } from '../../model/adapter_file.ts';
import type { Picture } from '../../model/picture.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { findPairs } from '../data/data_set.ts';
import type { Pair } from '../data/pair.ts';
import { firstFew } from '../data/skips.ts';
import { addEditOptions, type EditOptions } from '../edit_options.ts';
import { type Edit, Editors, readEdit } from '../editing.ts';
import { UserError } from '../errors.ts';
import { type ByCandidate, byCandidate, type Candidate, type Judged } from '../evaluation/candidates.ts';
import { DistanceMeter, type Distances, type DistanceWish } from '../evaluation/distances.ts';
import { printEvaluation } from '../evaluation/print.ts';
import { type FeatureChoice, featuresOption } from '../features.ts';
import { writeAtomic } from '../files.ts';
import { loadSquares, pairsOfConcept, splitPairs } from '../folder_source.ts';
import { pictureGrid } from '../images/grid.ts';
import { encodePng } from '../images/png.ts';
import { withLastingGpu } from '../lasting_device.ts';
import { integer, text } from '../options.ts';
import { requirePngOutput } from '../outputs.ts';
import { startProgress } from '../progress.ts';
import { type Quality, quality } from '../session.ts';
import { warn } from '../warn.ts';

interface EvaluateOptions extends EditOptions {
  readonly concept?: string;
  readonly heldOut?: number;
  readonly size?: number;
  readonly json?: boolean;
  readonly fid?: boolean;
  readonly kid?: boolean;
  readonly features: FeatureChoice;
  readonly sourcePrompt: string;
  readonly sheet?: string;
  readonly force?: boolean;
}

const DEFAULT_SIZE = 256;
const SHEET_ROWS = 24;

/** The pairs to judge by, and by which rule they were taken. */
function chosenPairs(all: readonly Pair[], options: EvaluateOptions): { pairs: Pair[]; rule: string } {
  const own = pairsOfConcept(all, options.concept);
  const { heldOut, train } = splitPairs(own, options.heldOut ?? own.length);
  if (own.some(({ split }) => split === 'val' || split === 'test'))
    return { pairs: heldOut, rule: 'the val and test splits' };
  const rule = train.length > 0 ? `the last ${heldOut.length} of ${own.length} pairs` : 'all pairs';
  return { pairs: heldOut, rule };
}

/** Edge of the pictures: as asked for, else what the first adapter, or the network, was trained at. */
function edgeOf({ adapters, base }: Edit, asked: number | undefined): number {
  const about = adapters[0]?.adapter.metadata ?? base.about;
  const trained = Number(about.get(ADAPTER_METADATA.imageSize));
  return asked ?? (trained >= 16 && trained <= 2048 ? trained : DEFAULT_SIZE);
}

/** Means over pairs of what each candidate scores. */
function means(scores: readonly ByCandidate<Quality>[], candidate: Candidate): Quality {
  const mean = (measure: keyof Quality) =>
    scores.reduce((sum, score) => sum + score[candidate]![measure], 0) / scores.length;
  return { l1: mean('l1'), psnr: mean('psnr'), ssim: mean('ssim') };
}

interface Verdict {
  readonly scores: readonly ByCandidate<Quality>[];
  readonly distances: Distances | null;
  readonly shown: readonly Judged[];
  readonly leftOut: readonly string[];
}

/** What to judge, and how. */
interface Trial {
  readonly edit: Edit;
  readonly pairs: readonly Pair[];
  readonly size: number;
  readonly wish: DistanceWish;
  readonly candidates: readonly Candidate[];
}

/** Edits and scores pairs one by one; one that fails is left out with a warning. */
async function judgeAll(gpu: Gpu, { edit, pairs, size, wish, candidates }: Trial): Promise<Verdict> {
  const [scores, shown, leftOut]: [ByCandidate<Quality>[], Judged[], string[]] = [[], [], []];
  const meter = await DistanceMeter.open(gpu, wish, pairs.length);
  const adapted = new Editors(gpu, edit);
  const plain = edit.adapters.length > 0 ? new Editors(gpu, { ...edit, adapters: [] }) : adapted;
  const progress = startProgress({ label: 'evaluate', total: pairs.length, unit: 'pairs' });
  try {
    for (const [i, pair] of pairs.entries()) {
      try {
        const { input, target } = await loadSquares(pair, size);
        const judged = { input, target, base: await plain.edit(input), edited: await adapted.edit(input) };
        await meter?.add(judged, candidates);
        scores.push(byCandidate(candidates, (name) => quality([judged[name]], [target])));
        if (shown.length < SHEET_ROWS) shown.push(judged);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        leftOut.push(pair.target);
        warn(`${error.message}; left out`);
      }
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  const distances = scores.length > 0 ? (meter?.report(candidates) ?? null) : null;
  return { scores, distances, shown, leftOut };
}

const sheetOf = (judged: readonly Judged[]): Promise<Picture> =>
  pictureGrid(
    ['before', 'base', 'edited', 'target'],
    judged.map(({ input, base, edited, target }) => ({ pictures: [input, base, edited, target] })),
  );

async function evaluate(folder: string, options: EvaluateOptions): Promise<void> {
  if (options.sheet !== undefined) await requirePngOutput(options.sheet, options.force ?? false);
  const { pairs, rule } = chosenPairs((await findPairs(folder)).pairs, options);
  const found = await readEdit(options, warn);
  const edit = { ...found, prompt: found.prompt || (pairs[0]!.prompt ?? pairs[0]!.concept ?? '') };
  const size = edgeOf(edit, options.size);
  const { fid = false, kid = false, force = false, features, sourcePrompt } = options;
  const wish = { fid, kid, force, features, sourcePrompt, prompt: edit.prompt };
  const candidates: Candidate[] = edit.adapters.length > 0 ? ['input', 'base', 'edited'] : ['input', 'base'];
  const verdict = await withLastingGpu(options, (gpu) =>
    judgeAll(gpu, { edit, pairs, size, wish, candidates }),
  );
  const { scores, distances, shown, leftOut } = verdict;
  if (scores.length === 0) throw new UserError(`${folder}: none of its ${pairs.length} pairs can be used`);
  const evaluation = {
    pairs: scores.length,
    size,
    rule,
    against_target: byCandidate(candidates, (name) => means(scores, name)),
    ...(distances ? { distances } : {}),
    left_out: leftOut,
  };
  if (options.json) console.log(JSON.stringify(evaluation, null, 2));
  else printEvaluation(evaluation);
  if (options.sheet !== undefined) await writeAtomic(options.sheet, encodePng(await sheetOf(shown)));
  if (leftOut.length > 0)
    throw new UserError(`${leftOut.length} of ${pairs.length} pairs were left out: ${firstFew(leftOut)}`);
}

/** `e2gan evaluate DATA`: how close edits come to the targets of a folder of pairs. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('compare edits with the targets of a folder of pairs: PSNR, SSIM, L1, FID and KID')
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
    .option(
      '--fid',
      'Fréchet distance between edits and targets; needs as many pairs as features have values',
    )
    .option('--kid', 'kernel distance between edits and targets, with its standard error; for few pairs')
    .addOption(featuresOption('for --fid and --kid; with CLIP the direction score is told as well'))
    .addOption(
      new Option('--source-prompt <text>', 'what the untouched pictures show, for the direction score')
        .argParser(text)
        .default('a photo'),
    )
    .option('--force', 'overwrite the sheet; --fid from too few pairs')
    .option('--json', 'print JSON')
    .action(evaluate);
}
