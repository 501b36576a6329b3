import { ADAPTER_METADATA } from '../model/adapter_file.ts';
import { comodganJudgeSpecs } from '../model/comodgan_spec.ts';
import { type NetworkDesign, networkOf } from '../model/network_design.ts';
import { writeNetworkFile } from '../model/network_file.ts';
import type { Picture } from '../model/picture.ts';
import type { Arrays } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Json } from '../train/checkpoint.ts';
import { ComodganTrainer } from '../train/comodgan_trainer.ts';
import { architectureOf, initialise } from '../train/first_weights.ts';
import type { GanObjective } from '../train/gan_step.ts';
import { initialWeights } from '../train/init.ts';
import type { PairSource, PromptedPair } from '../train/loop.ts';
import { Random } from '../train/random.ts';
import { Trainer } from '../train/trainer.ts';
import type { Training } from '../train/training.ts';
import { writeAtomic } from './files.ts';
import { judgeHeldOut, QUALITY_COLUMNS, qualityRow } from './held_out.ts';
import { writeReport } from './run/report.ts';
import type { RunFolder } from './run_folder.ts';
import { type Quality, runSession } from './session.ts';
import type { Stop } from './signals.ts';

/** One concept to learn from scratch: by which network, from what, and how long. Co-Mod-GAN has a GAN loss of its own. */
export interface BaselineJob extends GanObjective {
  readonly design: NetworkDesign;
  readonly concept: string;
  readonly prompt: string;
  readonly source: PairSource;
  readonly heldOut: readonly PromptedPair[];
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
  readonly flip: boolean;
  readonly seed: number;
  readonly saveEvery: number;
  readonly previewEvery: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What came of it. Qualities are against the targets of the held-out pairs; null where there are none. */
export interface BaselineResult {
  readonly stopped: Stop | null;
  readonly weights: { readonly trained: number; readonly model: number; readonly bytes: number };
  readonly quality: { readonly untouched: Quality; readonly trained: Quality } | null;
  readonly edited: readonly Picture[];
  /** Of the training loop, with its previews and checkpoints; of a resumed run, the last part. */
  readonly seconds: number;
}

/** A training with what a run folder needs to know of it. */
interface OwnedTraining extends Training {
  readonly counts: { readonly model: number; readonly trained: number };
  saveGenerator(): Promise<Arrays>;
  dispose(): void;
}

async function comodganTrainer(gpu: Gpu, job: BaselineJob): Promise<ComodganTrainer | null> {
  const { design, batch, steps, lr, lambdaL1, seed } = job;
  if (design.kind !== 'comodgan') return null;
  const trainer = await ComodganTrainer.create(gpu, {
    generator: design.config,
    batch,
    steps,
    lr,
    lambdaL1,
    seed,
  });
  const random = new Random(seed);
  trainer.begin({
    generator: initialWeights(networkOf(design).specs, random.fork('generator')),
    discriminator: initialWeights(comodganJudgeSpecs(design.config), random.fork('discriminator')),
  });
  return trainer;
}

/** The trainer with its first weights, and the name that its checkpoints carry. */
async function trainerOf(
  gpu: Gpu,
  job: BaselineJob,
): Promise<{ trainer: OwnedTraining; architecture: string }> {
  const own = await comodganTrainer(gpu, job);
  const generator = networkOf(job.design);
  if (own) return { trainer: own, architecture: `${generator.name} with its discriminator` };
  const { gan, lambdaL1, size, batch, steps, lr, seed } = job;
  const discriminator = { width: job.design.config.width, channels: 6 };
  const objective = { gan, lambdaL1, size, batch, steps, lr };
  const trainer = await Trainer.create(gpu, { generator, discriminator, ranks: null, ...objective });
  initialise(trainer, { generator: null, discriminator: null, seed });
  return { trainer, architecture: architectureOf(trainer.config) };
}

/** Writes the generator as `base.safetensors`. @returns its bytes */
async function saveNetwork(job: BaselineJob, run: RunFolder, trainer: OwnedTraining): Promise<number> {
  const about = new Map([
    ['e2gan.name', job.concept],
    ['e2gan.prompt', job.prompt],
    [ADAPTER_METADATA.imageSize, String(job.size)],
  ]);
  const bytes = writeNetworkFile({ design: job.design, weights: await trainer.saveGenerator(), about });
  await writeAtomic(run.file('base.safetensors'), bytes);
  return bytes.length;
}

/** Rows `what, L1, PSNR, SSIM` of a result, for tables. */
export const baselineRows = ({ untouched, trained }: NonNullable<BaselineResult['quality']>): string[][] => [
  qualityRow('untouched', untouched),
  qualityRow('trained', trained),
];

async function finish(gpu: Gpu, job: BaselineJob, run: RunFolder, trainer: OwnedTraining) {
  const bytes = await saveNetwork(job, run, trainer);
  const { heldOut } = job;
  const judged = heldOut.length ? await judgeHeldOut(gpu, run, trainer, heldOut) : null;
  const title = `Quality on ${heldOut.length} held-out pairs`;
  const results = judged ? [{ title, columns: QUALITY_COLUMNS, rows: baselineRows(judged) }] : [];
  await writeReport(run.path, {
    title: `${job.design.kind} from scratch: ${job.concept}`,
    config: job.config,
    results,
  });
  return { bytes, judged };
}

/**
 * Trains a baseline on one concept from scratch into a run folder: network, metrics, previews, report.
 * @throws UserError, KernelError, DivergedError
 */
export async function trainBaseline(gpu: Gpu, run: RunFolder, job: BaselineJob): Promise<BaselineResult> {
  const { trainer, architecture } = await trainerOf(gpu, job);
  try {
    const { source, heldOut, seed, flip, saveEvery, previewEvery } = job;
    const begin = performance.now();
    const { stopped } = await runSession({
      gpu,
      run,
      trainer,
      source,
      heldOut,
      sampling: { count: source.count, seed, flip },
      architecture,
      config: job.config as Json,
      saveEvery,
      previewEvery,
      label: job.concept,
    });
    const seconds = (performance.now() - begin) / 1000;
    const { model, trained } = trainer.counts;
    if (stopped)
      return { stopped, weights: { model, trained, bytes: 0 }, quality: null, edited: [], seconds };
    const { bytes, judged } = await finish(gpu, job, run, trainer);
    return {
      stopped: null,
      weights: { model, trained, bytes },
      quality: judged && { untouched: judged.untouched, trained: judged.trained },
      edited: judged?.edited ?? [],
      seconds,
    };
  } finally {
    trainer.dispose();
  }
}
