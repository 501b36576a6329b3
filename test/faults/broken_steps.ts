import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { Random } from '../../src/train/random.ts';
import type { Figures } from './figures.ts';
import { keptStep, noiseSource, smallTrainer, trainSaving } from './small_training.ts';
import {
  MAKING_INJECTIONS,
  type MakingInjection,
  STEP_INJECTIONS,
  type StepInjection,
} from './step_injections.ts';

// Errors of the device in steps of a real training: none is told as done, and the checkpoint before stays.

const STEPS = 3;

/** Bytes of all checkpoints in a run. */
async function hashOf(run: string): Promise<string> {
  const hash = createHash('sha256');
  const folder = join(run, 'checkpoints');
  for (const name of (await readdir(folder)).sort())
    hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex');
}

/** What is missing in an error; null where it says all. */
function missingIn(error: Error | null, said: readonly string[] | RegExp): string | null {
  if (!(error instanceof KernelError)) return `went on, or failed otherwise: ${error?.stack}`;
  const { message } = error;
  if (message.includes('\n')) return `has several lines: ${message}`;
  const missing =
    said instanceof RegExp
      ? said.test(message)
        ? []
        : [said]
      : said.filter((part) => !message.includes(part));
  return missing.length ? `says "${message}", not ${missing.join(', ')}` : null;
}

/** A training to which something happens before one of its steps. @returns what is wrong with how it ended */
async function stepWith(injection: StepInjection, random: Random, run: string): Promise<string | null> {
  const gpu = await Gpu.open({ watchdogMs: 10_000 });
  try {
    const trainer = await smallTrainer(gpu, STEPS);
    const at = 2 + random.integer(STEPS - 1);
    let said: readonly string[] = [];
    const { error, told, kept } = await trainSaving(trainer, noiseSource, run, at, () => {
      said = injection.apply(gpu, trainer, random);
    });
    const missing = missingIn(error, said);
    if (missing) return missing;
    if (told !== at - 1) return `step ${told} was told as done, ${at} was broken`;
    return kept === at - 1 ? null : `the checkpoint kept is of step ${kept}, ${at} was broken`;
  } finally {
    gpu.close();
  }
}

/** A training whose step cannot be made again, as when a run is resumed. @returns what is wrong with how it ended */
async function makeWith(injection: MakingInjection, random: Random, run: string): Promise<string | null> {
  const before = await hashOf(run);
  const gpu = await Gpu.open({ watchdogMs: 10_000 });
  try {
    injection.apply(gpu, random);
    const error = await smallTrainer(gpu, STEPS).then(
      () => null,
      (thrown: Error) => thrown,
    );
    const missing = missingIn(error, injection.said);
    if (missing) return missing;
    return (await hashOf(run)) === before && (await keptStep(run)) === STEPS
      ? null
      : 'the checkpoints have changed';
  } finally {
    gpu.close();
  }
}

/** Injects so many errors into trainings, of every kind in turn. */
export async function breakSteps(
  figures: Figures,
  folder: string,
  count: number,
  seed: number,
): Promise<void> {
  const random = new Random(`steps ${seed}`);
  const whole = join(folder, 'whole');
  const gpu = await Gpu.open();
  const { error } = await trainSaving(await smallTrainer(gpu, STEPS), noiseSource, whole, 0, () => {});
  gpu.close();
  if (error) throw error;
  const kinds = STEP_INJECTIONS.length + MAKING_INJECTIONS.length;
  let told = 0;
  for (let i = 0; i < count; i++) {
    const kind = i % kinds;
    const making = MAKING_INJECTIONS[kind - STEP_INJECTIONS.length];
    const step = STEP_INJECTIONS[kind];
    const wrong = making
      ? await makeWith(making, random, whole)
      : await stepWith(step!, random, await mkdtemp(join(folder, 'run-')));
    if (wrong) figures.detail(`${(making ?? step!).name} (${i}): ${wrong}`);
    else told++;
  }
  figures.count(
    'errors of the device in a training',
    told,
    count,
    'told with op and shapes, the checkpoint before kept',
  );
}
