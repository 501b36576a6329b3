import { createHash } from 'node:crypto';
import { openRunFolder } from '../../src/cli/run_folder.ts';
import { runSession } from '../../src/cli/session.ts';
import type { PairSource } from '../../src/train/loop.ts';
import type { TrainState } from '../../src/train/trained_weights.ts';
import type { BatchValues, Losses, Training } from '../../src/train/training.ts';
import { noisePicture } from '../cli/small_model.ts';

const SIZE = 8;
const LENGTH = 600;
const BETA = 0.9;

/** A training of a few numbers on the host: all that a run folder sees of a training, in no time. */
class HostTraining implements Training {
  readonly config: { readonly size: number; readonly batch: number; readonly steps: number };
  #weights = Float32Array.from({ length: LENGTH }, (_, i) => Math.sin(i));
  #m = new Float32Array(LENGTH);
  #v = new Float32Array(LENGTH);

  constructor(steps: number) {
    this.config = { size: SIZE, batch: 1, steps };
  }

  submit(step: number, { source, target }: BatchValues): void {
    for (let i = 0; i < LENGTH; i++) {
      const gradient = source[i % source.length]! * this.#weights[i]! - target[(i * 7) % target.length]!;
      this.#m[i] = BETA * this.#m[i]! + (1 - BETA) * gradient;
      this.#v[i] = BETA * this.#v[i]! + (1 - BETA) * gradient * gradient;
      this.#weights[i]! -= (0.01 * this.#m[i]!) / (Math.sqrt(this.#v[i]!) + 1e-3 + step * 1e-6);
    }
  }

  async losses(): Promise<Losses> {
    const mean = this.#weights.reduce((sum, w) => sum + Math.abs(w), 0) / LENGTH;
    return { d_real: mean, d_fake: mean / 2, g_gan: mean / 3, g_l1: mean / 4 };
  }

  async save(): Promise<TrainState> {
    const named = (data: Float32Array) => new Map([['lora.w', { shape: [LENGTH], data: data.slice() }]]);
    return { weights: named(this.#weights), adamM: named(this.#m), adamV: named(this.#v) };
  }

  restore({ weights, adamM, adamV }: Partial<TrainState>): void {
    this.#weights = Float32Array.from(weights!.get('lora.w')!.data);
    this.#m = Float32Array.from(adamM!.get('lora.w')!.data);
    this.#v = Float32Array.from(adamV!.get('lora.w')!.data);
  }

  preview(): never {
    throw new Error('nothing is held out');
  }
}

const source: PairSource = {
  count: 3,
  load: (i) => ({
    input: noisePicture(12, 10, `input ${i}`),
    target: noisePicture(12, 10, `target ${i}`),
    context: new Float32Array(4),
  }),
};

/**
 * Trains in a run folder as commands do, from its newest checkpoint where it has one.
 * @returns SHA-256 of weights and moments at the end
 */
export async function trainOnHost(folder: string, steps: number, saveEvery: number): Promise<string> {
  const trainer = new HostTraining(steps);
  const run = await openRunFolder(folder, { steps, saveEvery });
  try {
    await runSession({
      // Only previews compute, and nothing is held out for one.
      gpu: undefined as never,
      ...{ run, trainer, source, saveEvery },
      sampling: { count: source.count, seed: 1, flip: true },
      heldOut: [],
      architecture: 'numbers on the host',
      config: {},
      previewEvery: Number.MAX_SAFE_INTEGER,
      label: 'host',
    });
  } finally {
    await run.release();
  }
  const { weights, adamM, adamV } = await trainer.save();
  const hash = createHash('sha256');
  for (const part of [weights, adamM, adamV]) hash.update(new Uint8Array(part.get('lora.w')!.data.buffer));
  return hash.digest('hex');
}
