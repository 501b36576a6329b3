import { join } from 'node:path';
import { type AdapterQuality, writeQuality } from '../model/adapter_index.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import { Editor, type StrongAdapter } from '../model/editor.ts';
import { e2ganNetwork } from '../model/generator_network.ts';
import type { Ranks } from '../model/lora.ts';
import { writeGenerator } from '../model/network_file.ts';
import type { Picture } from '../model/picture.ts';
import type { StoredDtype } from '../model/safetensors.ts';
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
import { QUALITY_COLUMNS, qualityRow } from './held_out.ts';
import { encodePng } from './images/png.ts';
import { writeReport } from './run/report.ts';
import type { RunFolder } from './run_folder.ts';
import { comparison, type Quality, quality, runSession } from './session.ts';
import type { Stop } from './signals.ts';

/** One concept to learn, from where, and how long. */
export interface FinetuneJob extends GanObjective {
  readonly base: BaseModel;
  readonly concept: string;
  readonly prompt: string;
  /** Ranks of the adapter, or null to train all weights. */
  readonly ranks: Ranks | null;
  /** Type of the adapter's stored weights. */
  readonly adapterDtype: StoredDtype;
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
  /** As it is stored; null where all weights were trained, or the run was stopped. */
  readonly adapter: Adapter | null;
}

const part = (arrays: Arrays, prefix: string): Arrays =>
  new Map([...arrays].filter(([n]) => n.startsWith(prefix)).map(([n, a]) => [n.slice(prefix.length), a]));

/** A generator's weights, with adapters or without. */
interface Tuned {
  readonly weights: Arrays;
  readonly adapters: readonly StrongAdapter[];
}

/** Edits the held-out pictures. */
async function editWith(
  gpu: Gpu,
  { base, heldOut }: FinetuneJob,
  { weights, adapters }: Tuned,
): Promise<Picture[]> {
  const { config } = base.generator;
  const { width, height } = heldOut[0]!.input;
  const editor = await Editor.create(gpu, config, weights, adapters, heldOut[0]!.context, width, height);
  const edited: Picture[] = [];
  for (const { input } of heldOut) edited.push(await editor.edit(input));
  editor.dispose();
  return edited;
}

async function saveTuned(
  job: FinetuneJob,
  run: RunFolder,
  trainer: Trainer,
): Promise<{ bytes: number; adapter: Adapter | null; tuned: Tuned }> {
  const { config } = job.base.generator;
  if (!job.ranks) {
    const about = new Map([
      ['e2gan.name', job.concept],
      ['e2gan.base_sha256', job.base.sha256],
      ['e2gan.prompt', job.prompt],
    ]);
    const own = await trainer.saveGenerator();
    const bytes = writeGenerator({ config, weights: own, about });
    await writeAtomic(join(run.path, 'base.safetensors'), bytes);
    return { bytes: bytes.length, adapter: null, tuned: { weights: own, adapters: [] } };
  }
  const { base, concept, prompt, size, source } = job;
  const { weights } = await trainer.save();
  const origin = { base, concept, prompt, imageSize: size, trainPairs: source.count };
  const adapter = adapterOf(config, part(weights, 'lora.'), origin);
  const saved = await saveAdapter(run.path, adapter, job.adapterDtype);
  const adapters = [{ adapter: saved.adapter, strength: 1 }];
  return { ...saved, tuned: { weights: base.generator.weights, adapters } };
}

/** Rows `what, L1, PSNR, SSIM` of a result, for tables. */
export const qualityRows = ({
  untouched,
  base,
  tuned,
}: NonNullable<FinetuneResult['quality']>): string[][] => [
  qualityRow('untouched', untouched),
  qualityRow('base', base),
  qualityRow('fine-tuned', tuned),
];

/** A result as `quality.json` holds it, to six digits. */
function qualityFile(
  { heldOut }: FinetuneJob,
  found: NonNullable<FinetuneResult['quality']>,
): AdapterQuality {
  const digits = (value: number) => Number(value.toPrecision(6));
  const score = ({ l1, psnr, ssim }: Quality) => ({
    l1: digits(l1),
    psnr: Number.isFinite(psnr) ? digits(psnr) : null,
    ssim: digits(ssim),
  });
  const { width, height } = heldOut[0]!.input;
  const { untouched, base, tuned } = found;
  const scores = { untouched: score(untouched), base: score(base), tuned: score(tuned) };
  return { pairs: heldOut.length, width, height, ...scores };
}

/** Judges what was stored, not what was trained. */
async function judge(
  gpu: Gpu,
  job: FinetuneJob,
  run: RunFolder,
  stored: Tuned,
): Promise<Pick<FinetuneResult, 'quality' | 'edited'>> {
  const { heldOut } = job;
  if (!heldOut.length) return { quality: null, edited: [] };
  const edited = await editWith(gpu, job, stored);
  const targets = heldOut.map((p) => p.target);
  const untouched = quality(
    heldOut.map((p) => p.input),
    targets,
  );
  const base = quality(
    await editWith(gpu, job, { weights: job.base.generator.weights, adapters: [] }),
    targets,
  );
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
    generator: e2ganNetwork(generator),
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
  const { model, trained } = trainer.counts;
  if (stopped)
    return { stopped, weights: { trained, model, bytes: 0 }, quality: null, edited: [], adapter: null };
  const { bytes, adapter, tuned } = await saveTuned(job, run, trainer);
  trainer.dispose();
  const judged = await judge(gpu, job, run, tuned);
  const results = judged.quality
    ? [
        {
          title: `Quality on ${job.heldOut.length} held-out pairs`,
          columns: QUALITY_COLUMNS,
          rows: qualityRows(judged.quality),
        },
      ]
    : [];
  if (judged.quality)
    await writeAtomic(join(run.path, 'quality.json'), writeQuality(qualityFile(job, judged.quality)));
  await writeReport(run.path, { title: `Concept ${job.concept}`, config: job.config, results });
  return { stopped: null, weights: { trained, model, bytes }, adapter, ...judged };
}
