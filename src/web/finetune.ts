import { writeAdapter } from '../model/adapter_file.ts';
import type { DiscriminatorConfig } from '../model/discriminator.ts';
import { e2ganNetwork } from '../model/generator_network.ts';
import { defaultRanks } from '../model/lora.ts';
import { type NetworkFile, readDiscriminator } from '../model/network_file.ts';
import type { Picture } from '../model/picture.ts';
import { hashedPrompt } from '../model/text.ts';
import { adapterOf } from '../model/trained_adapter.ts';
import type { Arrays } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { type Json, readCheckpoint, writeCheckpoint } from '../train/checkpoint.ts';
import { architectureOf, discriminatorFor, initialise } from '../train/first_weights.ts';
import { type PairSource, trainLoop } from '../train/loop.ts';
import type { TrainState } from '../train/trained_weights.ts';
import { type Losses, Trainer } from '../train/trainer.ts';
import { type FileSource, type OnProgress, readSource } from './download.ts';
import { onLastingGpu } from './lasting_gpu.ts';
import { type Base, readBase } from './model_files.ts';

/** Pictures before and after an edit, equally large and no smaller than the crops. */
export interface TrainingPair {
  readonly input: Picture;
  readonly target: Picture;
}

/** What to learn, from what, and how long; what is left out is as in `e2gan start`. */
export interface FinetuneOptions {
  readonly base: FileSource;
  /** The discriminator that was trained with the base; drawn from the seed where left out. */
  readonly discriminator?: FileSource;
  readonly pairs: readonly TrainingPair[];
  readonly concept: string;
  readonly prompt: string;
  /** Edge of the crops in pixels, a multiple of 8 from 24 on. */
  readonly size?: number;
  readonly steps?: number;
  readonly batch?: number;
  readonly lr?: number;
  readonly lambdaL1?: number;
  readonly flip?: boolean;
  readonly seed?: number;
  /** A checkpoint of the same training to go on from. */
  readonly checkpoint?: Uint8Array;
  /** Steps between checkpoints, and between adapters to look at. */
  readonly saveEvery?: number;
  readonly showEvery?: number;
  /** Ends the training after the step under way, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onStep?: (step: number, losses: Losses) => void;
  /** The device was lost; another goes on after `step`, the newest checkpoint's, and tells of later steps once more. */
  readonly onLost?: (step: number, reason: string) => void;
  readonly onCheckpoint?: (step: number, bytes: Uint8Array) => void | Promise<void>;
  readonly onAdapter?: (step: number, files: AdapterBytes) => void;
}

/** PEFT's two files. */
export type AdapterBytes = ReturnType<typeof writeAdapter>;

/** What came of a training. */
export interface FinetuneResult {
  /** Steps done; fewer than asked for where it was stopped. */
  readonly step: number;
  readonly files: AdapterBytes;
}

/** The settings without which nothing is the same. */
const DEFAULTS = { size: 64, steps: 300, batch: 1, lr: 2e-3, lambdaL1: 1000, flip: true, seed: 1 } as const;
type Settings = {
  readonly [K in keyof typeof DEFAULTS]: (typeof DEFAULTS)[K] extends boolean ? boolean : number;
};

function settingsOf(options: FinetuneOptions): Settings {
  const given = Object.keys(DEFAULTS).map((key) => {
    const name = key as keyof Settings;
    return [name, options[name] ?? DEFAULTS[name]];
  });
  return Object.fromEntries(given) as Settings;
}

function sourceOf(options: FinetuneOptions, width: number): PairSource {
  const context = hashedPrompt(options.prompt, width);
  return { count: options.pairs.length, load: (index) => ({ ...options.pairs[index]!, context }) };
}

function check({ pairs }: FinetuneOptions, { size, steps }: Settings): void {
  if (!pairs.length) throw new RangeError('there are no pairs to learn from');
  if (!Number.isInteger(size) || size < 24 || size % 8)
    throw new RangeError(`size: ${size} is no multiple of 8 from 24 on`);
  if (!Number.isInteger(steps) || steps < 1)
    throw new RangeError(`steps: ${steps} is no whole number above 0`);
  for (const [i, { input, target }] of pairs.entries()) {
    if (input.width !== target.width || input.height !== target.height)
      throw new RangeError(
        `pair ${i + 1}: ${input.width}x${input.height} and ${target.width}x${target.height} differ`,
      );
    if (Math.min(input.width, input.height) < size)
      throw new RangeError(
        `pair ${i + 1}: ${input.width}x${input.height} is smaller than the crops of ${size}`,
      );
  }
}

const ownPart = (weights: Arrays): Arrays =>
  new Map([...weights].filter(([name]) => name.startsWith('lora.')).map(([name, a]) => [name.slice(5), a]));

/** A training under way: what it has come to outlives its device. */
class Finetuning {
  readonly #options: FinetuneOptions;
  readonly #settings: Settings;
  readonly #base: Base;
  readonly #judge: NetworkFile<DiscriminatorConfig> | null;
  #newest: Uint8Array | undefined;
  #savedStep = 0;

  constructor(options: FinetuneOptions, base: Base, judge: NetworkFile<DiscriminatorConfig> | null) {
    this.#options = options;
    this.#settings = settingsOf(options);
    this.#base = base;
    this.#judge = judge;
    this.#newest = options.checkpoint;
  }

  #files(weights: Arrays): AdapterBytes {
    const { concept, prompt, pairs } = this.#options;
    const origin = {
      base: this.#base,
      concept,
      prompt,
      imageSize: this.#settings.size,
      trainPairs: pairs.length,
    };
    return writeAdapter(adapterOf(this.#base.generator.config, ownPart(weights), origin));
  }

  async #save(step: number, { config }: Trainer, state: TrainState): Promise<void> {
    const { onCheckpoint, concept, prompt } = this.#options;
    const settings: Json = { ...this.#settings, concept, prompt, base: this.#base.sha256 };
    const architecture = architectureOf(config);
    const bytes = await writeCheckpoint({
      architecture,
      step,
      ...state,
      random: null,
      cursor: step,
      config: settings,
    });
    await onCheckpoint?.(step, bytes);
    this.#newest = bytes;
    this.#savedStep = step;
  }

  async #trainerOn(gpu: Gpu): Promise<Trainer> {
    const { config, weights } = this.#base.generator;
    const { size, batch, steps, lr, lambdaL1, seed } = this.#settings;
    const trainer = await Trainer.create(
      gpu,
      {
        generator: e2ganNetwork(config),
        discriminator: this.#judge?.config ?? discriminatorFor(config),
        ranks: defaultRanks(config),
        gan: 'lsgan',
        lambdaL1,
        size,
        batch,
        steps,
        lr,
      },
      (done, total) => this.#options.onProgress?.({ stage: 'compile', loaded: done, total, file: '' }),
    );
    initialise(trainer, { generator: weights, discriminator: this.#judge?.weights ?? null, seed });
    if (this.#newest) {
      const state = await readCheckpoint(this.#newest, architectureOf(trainer.config));
      trainer.restore(state);
      this.#savedStep = state.step;
    }
    return trainer;
  }

  /** Trains from the newest checkpoint to the end. */
  async run(gpu: Gpu): Promise<FinetuneResult> {
    const { signal, onStep, onAdapter, saveEvery = 50, showEvery = 25 } = this.#options;
    const { seed, flip, steps } = this.#settings;
    const trainer = await this.#trainerOn(gpu);
    const source = sourceOf(this.#options, this.#base.generator.config.context);
    const step = await trainLoop(trainer, source, { count: source.count, seed, flip }, this.#savedStep, {
      async onStep(at, losses) {
        onStep?.(at, losses);
      },
      shouldStop: () => signal?.aborted === true,
      isCheckpointDue: (at) => at % saveEvery === 0 || (onAdapter !== undefined && at % showEvery === 0),
      onCheckpoint: async (at) => {
        const state = await trainer.save();
        if (at % saveEvery === 0 || signal?.aborted || at === steps) await this.#save(at, trainer, state);
        onAdapter?.(at, this.#files(state.weights));
      },
    });
    return { step, files: this.#files((await trainer.save()).weights) };
  }

  /** A device was lost. */
  lost(reason: string): void {
    this.#options.onLost?.(this.#savedStep, reason);
  }
}

/**
 * Learns one concept as an adapter, as `e2gan finetune` does: the same pairs, settings and seed give the same
 * adapter on the same device, also where a training was stopped and went on from a checkpoint, and where its device was
 * lost on the way.
 *
 * @throws RangeError for pairs and settings that cannot be; WebError naming a file, or `lost` after three losses in a
 * minute; DivergedError; KernelError
 */
export async function finetune(options: FinetuneOptions): Promise<FinetuneResult> {
  check(options, settingsOf(options));
  const { onProgress } = options;
  const base = await readBase(options.base, onProgress);
  const judge: NetworkFile<DiscriminatorConfig> | null = options.discriminator
    ? readDiscriminator(await readSource(options.discriminator, onProgress))
    : null;
  const training = new Finetuning(options, base, judge);
  return onLastingGpu(
    (gpu) => training.run(gpu),
    (reason) => training.lost(reason),
  );
}
