import { cropInto, drawSample, type Pair, type Sampling } from './batch.ts';
import type { BatchValues, Losses, Training } from './training.ts';
import { checkInputs, checkLosses } from './watch.ts';

export { DivergedError } from './watch.ts';

/** A pair with the prompt that belongs to it. */
export interface PromptedPair extends Pair {
  /** `[tokens, width]`, see hashedPrompt. */
  readonly context: Float32Array;
}

/** Where pairs come from. */
export interface PairSource {
  readonly count: number;
  load(index: number): PromptedPair | Promise<PromptedPair>;
}

/** What the loop tells its owner; all may be asynchronous, and the loop waits. */
export interface LoopHooks {
  /** After every step, one step late: the device is kept busy meanwhile. `step` counts from 1. */
  onStep(step: number, losses: Losses): void | Promise<void>;
  /** Whether to leave after the step under way. */
  shouldStop(step: number): boolean;
  /** When `step` steps are done and a checkpoint is due, and before leaving. */
  onCheckpoint(step: number): void | Promise<void>;
  /** Whether a checkpoint is due after `step` steps. */
  isCheckpointDue(step: number): boolean;
}

/** The values of step number `step`, from 0. */
export async function loadBatch(
  source: PairSource,
  sampling: Sampling,
  step: number,
  batch: number,
  size: number,
): Promise<BatchValues> {
  const pictures = batch * size * size * 3;
  let values: BatchValues | null = null;
  for (let b = 0; b < batch; b++) {
    const sample = drawSample(sampling, step * batch + b);
    const pair = await source.load(sample.index);
    values ??= {
      source: new Float32Array(pictures),
      target: new Float32Array(pictures),
      context: new Float32Array(batch * pair.context.length),
    };
    cropInto(values.source, (b * pictures) / batch, pair.input, sample, size);
    cropInto(values.target, (b * pictures) / batch, pair.target, sample, size);
    values.context.set(pair.context, b * pair.context.length);
  }
  return values!;
}

/**
 * Trains from step `from` up to the trainer's number of steps. The same trainer state, source and seed give the same
 * weights, wherever a run was cut in two.
 *
 * @returns steps done
 * @throws DivergedError naming the tensor and the step; KernelError
 */
export async function trainLoop(
  trainer: Training,
  source: PairSource,
  sampling: Sampling,
  from: number,
  hooks: LoopHooks,
): Promise<number> {
  const { steps, batch, size } = trainer.config;
  let late: { step: number; losses: Promise<Losses> } | null = null;
  const report = async () => {
    if (!late) return;
    const { step, losses } = late;
    late = null;
    const values = await losses;
    checkLosses(step, values);
    await hooks.onStep(step, values);
  };
  for (let done = from; done < steps; ) {
    const values = await loadBatch(source, sampling, done, batch, size);
    checkInputs(done + 1, values);
    trainer.submit(done, values);
    done++;
    const losses = trainer.losses();
    losses.catch(() => {}); // Reported by `report`; without this a fault in between would end the process.
    await report();
    late = { step: done, losses };
    const leave = hooks.shouldStop(done);
    if (leave || done === steps || hooks.isCheckpointDue(done)) {
      await report();
      await hooks.onCheckpoint(done);
    }
    if (leave) return done;
  }
  return Math.max(from, steps);
}
