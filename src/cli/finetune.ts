import { join } from 'node:path';
import type { Adapter } from '../model/adapter_layer.ts';
import { Editor } from '../model/editor.ts';
import type { Ranks } from '../model/lora.ts';
import { writeGenerator } from '../model/network_file.ts';
import type { Picture } from '../model/picture.ts';
import { adapterOf } from '../model/trained_adapter.ts';
import type { Arrays } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Json } from '../train/checkpoint.ts';
import { architectureOf, discriminatorFor, initialise } from '../train/first_weights.ts';
import type { GanObjective } from '../train/gan_step.ts';
import type { PairSource, PromptedPair } from '../train/loop.ts';
import { Trainer } from '../train/trainer.ts';
import { saveAdapter } from './adapter_folder.ts';
import type { BaseModel } from './base_model.ts';
import { writeAtomic } from './files.ts';
import { encodePng } from './images/png.ts';
import { writeReport } from './run/report.ts';
import type { RunFolder } from './run_folder.ts';
import { comparison, editAll, type Quality, quality, runSession } from './session.ts';
import type { Stop } from './signals.ts';

/** One concept to learn, from where, and how long. */
export interface FinetuneJob extends GanObjective {
  readonly base: BaseModel;
  readonly concept: string;
  readonly prompt: string;
  /** Ranks of the adapter, or null to train all weights. */
  readonly ranks: Ranks | null;
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
export interface FinetuneResult {
  readonly stopped: Stop | null;
  readonly weights: { readonly trained: number; readonly model: number; readonly bytes: number };
  readonly quality: { readonly untouched: Quality; readonly base: Quality; readonly tuned: Quality } | null;
  readonly edited: readonly Picture[];
  /** Null where all weights were trained, or the run was stopped. */
  readonly adapter: Adapter | null;
}

const part = (arrays: Arrays, prefix: string): Arrays =>
  new Map([...arrays].filter(([n]) => n.startsWith(prefix)).map(([n, a]) => [n.slice(prefix.length), a]));

/** Edits the held-out pictures with the base as it is. */
async function editWithBase(gpu: Gpu, { base, heldOut }: FinetuneJob): Promise<Picture[]> {
  const { config, weights } = base.generator;
  const { width, height } = heldOut[0]!.input;
  const editor = await Editor.create(gpu, config, weights, [], heldOut[0]!.context, width, height);
  const edited: Picture[] = [];
  for (const { input } of heldOut) edited.push(await editor.edit(input));
  editor.dispose();
  return edited;
}

async function saveTuned(
  job: FinetuneJob,
  run: RunFolder,
  trainer: Trainer,
): Promise<{ bytes: number; adapter: Adapter | null }> {
  const { weights } = await trainer.save();
  const { config } = job.base.generator;
  if (!job.ranks) {
    const about = new Map([
      ['e2gan.name', job.concept],
      ['e2gan.base_sha256', job.base.sha256],
      ['e2gan.prompt', job.prompt],
    ]);
    const bytes = writeGenerator({ config, weights: part(weights, 'generator.'), about });
    await writeAtomic(join(run.path, 'base.safetensors'), bytes);
    return { bytes: bytes.length, adapter: null };
  }
  const { base, concept, prompt, size, source } = job;
  const origin = { base, concept, prompt, imageSize: size, trainPairs: source.count };
  const adapter = adapterOf(config, part(weights, 'lora.'), origin);
  return { bytes: await saveAdapter(run.path, adapter), adapter };
}

const row = (name: string, { l1, psnr, ssim }: Quality) => [
  name,
  l1.toFixed(4),
  psnr.toFixed(2),
  ssim.toFixed(4),
];

/** Rows `what, L1, PSNR, SSIM` of a result, for tables. */
export const qualityRows = ({
  untouched,
  base,
  tuned,
}: NonNullable<FinetuneResult['quality']>): string[][] => [
  row('untouched', untouched),
  row('base', base),
  row('fine-tuned', tuned),
];

export const QUALITY_COLUMNS = ['against the target', 'L1', 'PSNR dB', 'SSIM'] as const;

async function judge(
  gpu: Gpu,
  job: FinetuneJob,
  run: RunFolder,
  trainer: Trainer,
): Promise<Pick<FinetuneResult, 'quality' | 'edited'>> {
  const { heldOut } = job;
  if (!heldOut.length) return { quality: null, edited: [] };
  const program = await trainer.preview(gpu, heldOut[0]!.input.width);
  const edited = await editAll(program, heldOut);
  program.dispose();
  const targets = heldOut.map((p) => p.target);
  const untouched = quality(
    heldOut.map((p) => p.input),
    targets,
  );
  const base = quality(await editWithBase(gpu, job), targets);
  await writeAtomic(
    join(run.path, 'comparison.png'),
    encodePng(await comparison(heldOut.slice(0, 8), edited)),
  );
  return { quality: { untouched, base, tuned: quality(edited, targets) }, edited };
}

/**
 * Fine-tunes one concept into a run folder: adapter (or generator), metrics, previews, report.
 * @throws UserError, KernelError, DivergedError
 */
export async function finetune(gpu: Gpu, run: RunFolder, job: FinetuneJob): Promise<FinetuneResult> {
  const { config: generator, weights } = job.base.generator;
  const discriminator = job.base.discriminator?.config ?? discriminatorFor(generator);
  const { gan, lambdaL1, size, batch, steps, lr, ranks } = job;
  const trainer = await Trainer.create(gpu, {
    generator,
    discriminator,
    ranks,
    gan,
    lambdaL1,
    size,
    batch,
    steps,
    lr,
  });
  initialise(trainer, {
    generator: weights,
    discriminator: job.base.discriminator?.weights ?? null,
    seed: job.seed,
  });
  const { stopped } = await runSession({
    gpu,
    run,
    trainer,
    source: job.source,
    heldOut: job.heldOut,
    sampling: { count: job.source.count, seed: job.seed, flip: job.flip },
    architecture: architectureOf(trainer.config),
    config: job.config as Json,
    saveEvery: job.saveEvery,
    previewEvery: job.previewEvery,
    label: job.concept,
  });
  const model = trainer.generator.count;
  const trained = (trainer.lora ?? trainer.generator).count;
  if (stopped)
    return { stopped, weights: { trained, model, bytes: 0 }, quality: null, edited: [], adapter: null };
  const { bytes, adapter } = await saveTuned(job, run, trainer);
  const judged = await judge(gpu, job, run, trainer);
  trainer.dispose();
  const results = judged.quality
    ? [
        {
          title: `Quality on ${job.heldOut.length} held-out pairs`,
          columns: QUALITY_COLUMNS,
          rows: qualityRows(judged.quality),
        },
      ]
    : [];
  await writeReport(run.path, { title: `Concept ${job.concept}`, config: job.config, results });
  return { stopped: null, weights: { trained, model, bytes }, adapter, ...judged };
}
