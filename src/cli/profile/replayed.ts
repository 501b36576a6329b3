import { Editor } from '../../model/editor.ts';
import { e2ganNetwork } from '../../model/generator_network.ts';
import { defaultRanks } from '../../model/lora.ts';
import { pictureValues } from '../../model/picture.ts';
import { hashedPrompt } from '../../model/text.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { Program } from '../../runtime/program.ts';
import { discriminatorFor, initialise } from '../../train/first_weights.ts';
import { Trainer } from '../../train/trainer.ts';
import type { Size } from '../options.ts';
import { noise, PROMPT, SEED, type Subject } from './subject.ts';

/** Something that is compiled once and then run again and again. */
export interface Replayed {
  readonly program: Program;
  /** One frame, picture in and picture out; or one step with its losses. */
  run(): Promise<void>;
  dispose(): void;
}

/** Frames of a generator with its adapters merged. */
export async function compileFrame(gpu: Gpu, subject: Subject, size: Size): Promise<Replayed> {
  const { config, weights, adapters } = subject;
  const context = hashedPrompt(PROMPT, config.context);
  const editor = await Editor.create(gpu, config, weights, adapters, context, size.width, size.height);
  const picture = noise(size);
  return {
    program: editor.program,
    run: async () => void (await editor.edit(picture)),
    dispose: () => editor.dispose(),
  };
}

/** Training steps of a LoRA with one pair. */
export async function compileStep(gpu: Gpu, { config, weights }: Subject, size: Size): Promise<Replayed> {
  const trainer = await Trainer.create(gpu, {
    generator: e2ganNetwork(config),
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
  const pair = { source: values, target: values, context: hashedPrompt(PROMPT, config.context) };
  return {
    program: trainer.program,
    run: async () => {
      trainer.submit(0, pair);
      await trainer.losses();
    },
    dispose: () => trainer.dispose(),
  };
}
