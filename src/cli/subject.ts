import { Editor } from '../model/editor.ts';
import {
  type GeneratorConfig,
  generatorPresets,
  generatorSpecs,
  type PresetName,
} from '../model/generator_spec.ts';
import { defaultRanks } from '../model/lora.ts';
import { type Picture, pictureValues } from '../model/picture.ts';
import { hashedPrompt } from '../model/text.ts';
import type { Arrays } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { initialWeights } from '../train/init.ts';
import { Random } from '../train/random.ts';
import { Trainer } from '../train/trainer.ts';
import type { LoadedAdapter } from './adapter_argument.ts';
import { usageError } from './errors.ts';
import type { Size } from './options.ts';
import { discriminatorFor, initialise } from './training.ts';

/** A network whose kernels are measured. */
export interface Subject {
  readonly name: string;
  readonly config: GeneratorConfig;
  readonly weights: Arrays;
  readonly adapters: readonly LoadedAdapter[];
}

/** The discriminator's last layers need three pixels after it has halved a picture three times. */
const MIN_TRAINED = 24;
const SEED = 1;
const PROMPT = 'a profile';

/** A preset with random weights. */
export function presetSubject(preset: PresetName): Subject {
  const config = generatorPresets[preset];
  const weights = initialWeights(generatorSpecs(config), new Random(SEED));
  return { name: `${preset}, random weights`, config, weights, adapters: [] };
}

/** Refuses sizes that no training step takes. @throws UserError */
export function checkTrainedSize({ width, height }: Size): void {
  if (width !== height) throw usageError('--train takes squares: give --size one number');
  if (width < MIN_TRAINED) throw usageError(`--train needs a --size of ${MIN_TRAINED} or more`);
}

function noise({ width, height }: Size): Picture {
  const random = new Random(SEED);
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

/** An editor that has edited one picture, which brings its inputs, merged weights and warm caches. */
export async function frameOf(gpu: Gpu, { config, weights, adapters }: Subject, size: Size): Promise<Editor> {
  const context = hashedPrompt(PROMPT, config.context);
  const editor = await Editor.create(gpu, config, weights, adapters, context, size.width, size.height);
  await editor.edit(noise(size));
  return editor;
}

/** A trainer of a LoRA, one pair a step, that has done a step. */
export async function stepOf(gpu: Gpu, { config, weights }: Subject, size: Size): Promise<Trainer> {
  const trainer = await Trainer.create(gpu, {
    generator: config,
    discriminator: discriminatorFor(config),
    ranks: defaultRanks(config),
    gan: 'lsgan',
    lambdaL1: 100,
    size: size.width,
    batch: 1,
    steps: 1,
    lr: 1e-4,
  });
  initialise(trainer, { generator: weights, discriminator: null, seed: SEED });
  const values = pictureValues(noise(size));
  trainer.submit(0, { source: values, target: values, context: hashedPrompt(PROMPT, config.context) });
  await trainer.losses();
  return trainer;
}

/** Which device, as a line. */
export const deviceLine = ({ info, features }: Gpu): string =>
  `${info.description || info.device}${features.software ? ' (software: a GPU is far faster)' : ''}`;
