import { loadCheckpoint, saveCheckpoint } from '../../src/cli/run/checkpoints.ts';
import { discriminatorSpecs } from '../../src/model/discriminator.ts';
import { e2ganNetwork } from '../../src/model/generator_network.ts';
import { defaultRanks } from '../../src/model/lora.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/train/checkpoint.ts';
import { initialLora, initialWeights } from '../../src/train/init.ts';
import { type PairSource, trainLoop } from '../../src/train/loop.ts';
import { Random } from '../../src/train/random.ts';
import { Trainer } from '../../src/train/trainer.ts';
import { noisePicture, SMALL } from '../cli/small_model.ts';

const SIZE = 24;
const JUDGE = { width: 4, channels: 6 };

/** Gives a training its first weights. */
export function beginSmall(trainer: Trainer): void {
  const { specs } = trainer.config.generator;
  trainer.begin({
    generator: initialWeights(specs, new Random(1)),
    discriminator: initialWeights(discriminatorSpecs(JUDGE), new Random(2)),
    lora: initialLora(specs, trainer.config.ranks!, new Random(3)),
  });
}

/** An adapter on the smallest generator, with first weights. */
export async function smallTrainer(gpu: Gpu, steps: number): Promise<Trainer> {
  const trainer = await Trainer.create(gpu, {
    generator: e2ganNetwork(SMALL),
    discriminator: JUDGE,
    ranks: defaultRanks(SMALL),
    ...({ gan: 'lsgan', lambdaL1: 100, size: SIZE, batch: 1, steps, lr: 1e-3 } as const),
  });
  beginSmall(trainer);
  return trainer;
}

/** Noise to train on. */
export const noiseSource: PairSource = {
  count: 4,
  load: (i) => ({
    input: noisePicture(28, 26, `input ${i}`),
    target: noisePicture(28, 26, `target ${i}`),
    context: new Float32Array(PROMPT_TOKENS * SMALL.context).fill(0.1),
  }),
};

export const SAMPLING = { count: noiseSource.count, seed: 1, flip: false } as const;

/** What became of a training that something befell. */
export interface Broken {
  readonly error: Error | null;
  /** The last step that was told as done. */
  readonly told: number;
  /** The step of the checkpoint that is kept; 0 without one. */
  readonly kept: number;
}

/** Trains with a checkpoint after every step; `befall` is called before step `at`, counted from 1. */
export async function trainSaving(
  trainer: Trainer,
  source: PairSource,
  folder: string,
  at: number,
  befall: () => void,
): Promise<Broken> {
  let [loads, told] = [0, 0];
  const counted: PairSource = {
    count: source.count,
    load(i) {
      if (++loads === at) befall();
      return source.load(i);
    },
  };
  const error = await trainLoop(trainer, counted, SAMPLING, 0, {
    onStep(step) {
      told = step;
    },
    shouldStop: () => false,
    isCheckpointDue: () => true,
    async onCheckpoint(step) {
      const rest = { random: null, cursor: step, config: {} };
      const state = { architecture: 'a', step, ...(await trainer.save()), ...rest };
      await saveCheckpoint(folder, step, await writeCheckpoint(state));
    },
  }).then(
    () => null,
    (thrown: Error) => thrown,
  );
  return { error, told, kept: await keptStep(folder) };
}

/** The step of the newest checkpoint that can be read; 0 without one. */
export async function keptStep(folder: string): Promise<number> {
  const read = (bytes: Uint8Array) => readCheckpoint(bytes);
  return (await loadCheckpoint(folder, read, () => {}))?.step ?? 0;
}
