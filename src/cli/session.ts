import { type Picture, pictureValues, valuesPicture } from '../model/picture.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import type { Sampling } from '../train/batch.ts';
import { type Json, readCheckpoint, writeCheckpoint } from '../train/checkpoint.ts';
import { DivergedError, type PairSource, type PromptedPair, trainLoop } from '../train/loop.ts';
import { meanAbsoluteError, peakSignalToNoise, structuralSimilarity } from '../train/metrics.ts';
import type { Losses, Training } from '../train/training.ts';
import { UserError } from './errors.ts';
import { pictureGrid } from './images/grid.ts';
import { startProgress } from './progress.ts';
import { loadCheckpoint, saveCheckpoint } from './run/checkpoints.ts';
import { openMetricsLog } from './run/metrics_log.ts';
import { openEventFile } from './run/tensorboard.ts';
import { type RunFolder, savePreview } from './run_folder.ts';
import { type Stop, watchSignals } from './signals.ts';

/** A training with all that it needs. */
export interface Session {
  readonly gpu: Gpu;
  readonly run: RunFolder;
  readonly trainer: Training;
  readonly source: PairSource;
  readonly sampling: Sampling;
  /** Squares of one size that are not trained on: previews and quality. */
  readonly heldOut: readonly PromptedPair[];
  /** Name of the networks and sizes; a checkpoint of another is refused. */
  readonly architecture: string;
  readonly config: Json;
  /** Steps between checkpoints, and between previews. */
  readonly saveEvery: number;
  readonly previewEvery: number;
  readonly label: string;
  /** Called when a checkpoint of `step` steps is written, while the weights are as it holds them. */
  readonly onSaved?: (step: number) => Promise<void>;
}

/** How well edits match their targets: means over pictures. L1 in [0, 1], PSNR in dB. */
export interface Quality {
  readonly l1: number;
  readonly psnr: number;
  readonly ssim: number;
}

/** Quality of pictures against their targets, means over all. */
export function quality(edited: readonly Picture[], targets: readonly Picture[]): Quality {
  const mean = (measure: (a: Picture, b: Picture) => number) =>
    edited.reduce((sum, picture, i) => sum + measure(picture, targets[i]!), 0) / edited.length;
  return { l1: mean(meanAbsoluteError), psnr: mean(peakSignalToNoise), ssim: mean(structuralSimilarity) };
}

/** Edits pictures one by one with a program of inputs `x` and, where its network reads prompts, `context`. */
export async function editAll(program: Program, pairs: readonly PromptedPair[]): Promise<Picture[]> {
  const edited: Picture[] = [];
  for (const { input, context } of pairs) {
    const x = pictureValues(input);
    const { y } = await program.run(program.inputs.has('context') ? { x, context } : { x });
    edited.push(valuesPicture(y!, input.width, input.height));
  }
  return edited;
}

const PREVIEWED = 12;

/** before | edited | target, one row per pair. */
export const comparison = (
  pairs: readonly PromptedPair[],
  edited: readonly Picture[],
  cell?: number,
): Promise<Picture> =>
  pictureGrid(
    ['before', 'edited', 'target'],
    pairs.map((p, i) => ({ pictures: [p.input, edited[i], p.target] })),
    cell,
  );

async function resume({ run, trainer, architecture }: Session): Promise<number> {
  const found = await loadCheckpoint(
    run.path,
    (bytes) => readCheckpoint(bytes, architecture),
    (line) => console.error(line),
  );
  if (!found) return 0;
  trainer.restore(found.value);
  return found.value.step;
}

async function save({ run, trainer, architecture, config }: Session, step: number): Promise<void> {
  const state = await trainer.save();
  await saveCheckpoint(
    run.path,
    step,
    await writeCheckpoint({ architecture, step, ...state, random: null, cursor: step, config }),
  );
}

const note = ({ g_l1, g_gan, d_real, d_fake }: Losses): string =>
  `L1 ${g_l1.toFixed(4)} GAN ${g_gan.toFixed(3)} D ${((d_real + d_fake) / 2).toFixed(3)}`;

/**
 * Trains from the newest checkpoint, or from the trainer's weights, to the end: metrics, TensorBoard events, previews
 * and checkpoints go into the run folder. SIGINT and SIGTERM save and leave after the step under way.
 *
 * @returns the steps done, before this call and in all, and the signal that ended the run early
 * @throws UserError, also where the training diverges; KernelError, DeviceLostError
 */
export async function runSession(
  session: Session,
): Promise<{ from: number; step: number; stopped: Stop | null }> {
  const { gpu, run, trainer, source, sampling, heldOut } = session;
  const from = await resume(session);
  const log = await openMetricsLog(run.file('metrics.jsonl'), from);
  const events = await openEventFile(run.path, from).catch(async (error) => {
    await log.close();
    throw error;
  });
  const progress = startProgress({
    label: session.label,
    total: trainer.config.steps,
    start: from,
    unit: 'steps',
  });
  const signals = watchSignals();
  const shown = heldOut.slice(0, PREVIEWED);
  const program = shown.length ? await trainer.preview(gpu, shown[0]!.input.width) : null;
  const preview = async (step: number) => {
    if (!program) return;
    const grid = await comparison(shown, await editAll(program, shown));
    await savePreview(run, step, grid);
    await events.picture(step, 'preview', grid);
  };
  try {
    const step = await trainLoop(trainer, source, sampling, from, {
      async onStep(at, losses) {
        progress.update(at, note(losses));
        await log.append({ step: at, ...losses });
        await events.scalars(at, { ...losses });
        if (at % session.previewEvery === 0) await preview(at);
      },
      shouldStop: () => signals.stopped !== null,
      isCheckpointDue: (at) => at % session.saveEvery === 0,
      async onCheckpoint(at) {
        await save(session, at);
        await session.onSaved?.(at);
      },
    });
    return { from, step, stopped: signals.stopped };
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    const remedy = 'the checkpoints from before are kept; a smaller --lr in a new folder may hold';
    throw new UserError(`${run.path}: the training diverged: ${error.message}; ${remedy}`, 1, {
      cause: error,
    });
  } finally {
    signals.dispose();
    progress.stop();
    program?.dispose();
    await log.close().finally(() => events.close());
  }
}
