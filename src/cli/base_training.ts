import { join } from 'node:path';
import { e2ganNetwork } from '../model/generator_network.ts';
import type { GeneratorConfig } from '../model/generator_spec.ts';
import { writeDiscriminator, writeGenerator } from '../model/network_file.ts';
import type { Gpu } from '../runtime/gpu.ts';
import type { Json } from '../train/checkpoint.ts';
import { architectureOf, discriminatorFor, initialise } from '../train/first_weights.ts';
import type { GanObjective } from '../train/gan_step.ts';
import { Trainer } from '../train/trainer.ts';
import type { Material } from './base_material.ts';
import { writeAtomic } from './files.ts';
import type { RunFolder } from './run_folder.ts';
import { runSession } from './session.ts';
import type { Stop } from './signals.ts';

/** A base to train from random weights. */
export interface BaseJob extends Material, GanObjective {
  readonly generator: GeneratorConfig;
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
  readonly flip: boolean;
  readonly seed: number;
  readonly saveEvery: number;
  readonly previewEvery: number;
  readonly config: Readonly<Record<string, unknown>>;
  /** What the files say of their making. */
  readonly about: ReadonlyMap<string, string>;
}

async function saveBase(run: RunFolder, trainer: Trainer, { generator, about }: BaseJob): Promise<void> {
  const base = writeGenerator({ config: generator, weights: await trainer.saveGenerator(), about });
  const { discriminator } = trainer.config;
  const weights = await trainer.saveDiscriminator();
  await writeAtomic(
    join(run.path, 'discriminator.safetensors'),
    writeDiscriminator({ config: discriminator, weights, about }),
  );
  // Last: who finds a base finds all of it.
  await writeAtomic(join(run.path, 'base.safetensors'), base);
}

/**
 * Trains a base into a run folder, from its newest checkpoint where it has one: `base.safetensors`,
 * `discriminator.safetensors`, metrics, previews.
 *
 * @throws UserError, KernelError, DivergedError
 */
export async function trainBase(
  gpu: Gpu,
  run: RunFolder,
  job: BaseJob,
): Promise<{ readonly stopped: Stop | null; readonly weights: number }> {
  const { generator, gan, lambdaL1, size, batch, steps, lr, source, heldOut, seed, flip } = job;
  const trainer = await Trainer.create(gpu, {
    generator: e2ganNetwork(generator),
    discriminator: discriminatorFor(generator),
    ranks: null,
    ...{ gan, lambdaL1, size, batch, steps, lr },
  });
  try {
    initialise(trainer, { generator: null, discriminator: null, seed });
    const { stopped } = await runSession({
      ...{ gpu, run, trainer, source, heldOut },
      sampling: { count: source.count, seed, flip },
      architecture: architectureOf(trainer.config),
      config: job.config as Json,
      saveEvery: job.saveEvery,
      previewEvery: job.previewEvery,
      label: 'base',
    });
    if (!stopped) await saveBase(run, trainer, job);
    return { stopped, weights: trainer.counts.model };
  } finally {
    trainer.dispose();
  }
}
