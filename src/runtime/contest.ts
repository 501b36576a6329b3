import { deviceWait } from '#navigator-gpu';
import type { Step } from './bind.ts';
import { submitSteps } from './encode.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { type Launch, MAX_GROUPS } from './recording.ts';
import { differenceOf, poisonOutputs, readOutputs } from './same_values.ts';
import { median } from './timeline.ts';
import type { Timer } from './timers.ts';

/** How the forms of one launch are compared. */
export interface ContestRules {
  readonly timer: Timer;
  readonly rounds: number;
  /** Launches in a row that one sample is the mean of. */
  readonly times: number;
  readonly tolerance: number;
  /** When to stop, on the clock `now`. */
  readonly deadline: number;
  readonly now: () => number;
}

/** What came of it: samples in milliseconds by form, the default first, and the forms that were refused. */
export interface ContestResult {
  readonly samples: ReadonlyMap<string, readonly number[]>;
  readonly refused: ReadonlyMap<string, string>;
  /** Rounds that all who stayed have had; 1 too where the clock ended the first before every form had its turn. */
  readonly rounds: number;
}

/** A form that takes so many times the best one's time in the first round is out. */
const TOO_SLOW = 2;

const without = <T>(all: Readonly<Record<string, T>>, some: object): Record<string, T> =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !(name in some)));

/** The launch in another of its forms; what the op adds to overrides and specials stays. */
export function withForm(launch: Launch, name: string): Launch {
  const choice = launch.choice!;
  const [from, to] = [choice.forms.get(choice.name)!, choice.forms.get(name)!];
  return {
    ...launch,
    core: to.core,
    groups: to.groups,
    overrides: { ...to.overrides, ...without(launch.overrides, from.overrides) },
    specials: { ...to.specials, ...without(launch.specials, from.specials) },
    choice: { ...choice, name },
  };
}

/** @throws KernelError where this device cannot run the form */
async function stepOf(gpu: Gpu, step: Step, name: string): Promise<Step> {
  const launch = withForm(step.launch, name);
  if (!launch.groups.every((n) => Number.isInteger(n) && n > 0 && n <= MAX_GROUPS))
    throw new KernelError(`${launch.groups.join(' x ')} workgroups are too many`);
  return { ...step, launch, pipeline: await deviceWait(gpu.pipelines.get(launch)) };
}

/**
 * Runs a form once into poisoned outputs, and once for the time: a software device compiles during the first run.
 * @returns its time, and what it wrote
 */
async function tryOut(gpu: Gpu, step: Step, { timer, times }: ContestRules) {
  poisonOutputs(gpu, step);
  gpu.faults.guard(step.launch.label, () => submitSteps(gpu, step.launch.label, [step]));
  const values = await readOutputs(gpu, step);
  return { values, ms: await timer(gpu, step, times) };
}

interface FirstRound {
  readonly entrants: Map<string, { readonly step: Step; readonly samples: number[] }>;
  readonly refused: Map<string, string>;
}

/** Every form once, the default first: its values are what the others must give. */
async function firstRound(gpu: Gpu, step: Step, rules: ContestRules): Promise<FirstRound> {
  const { forms, name: own } = step.launch.choice!;
  const round: FirstRound = { entrants: new Map(), refused: new Map() };
  const { values: want, ms } = await tryOut(gpu, step, rules);
  round.entrants.set(own, { step, samples: [ms] });
  for (const name of forms.keys()) {
    if (name === own) continue;
    if (rules.now() >= rules.deadline) return round;
    try {
      const rival = await stepOf(gpu, step, name);
      const { values, ms } = await tryOut(gpu, rival, rules);
      const difference = differenceOf(want, values, rules.tolerance);
      if (difference) round.refused.set(name, difference);
      else round.entrants.set(name, { step: rival, samples: [ms] });
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      gpu.faults.check(step.launch.label);
      round.refused.set(name, error.message);
    }
  }
  return round;
}

/**
 * Times the forms of a launch on the tensors that it has now, in interleaved rounds; forms that give other numbers are
 * refused, and slow ones but the default leave after the first round. Its outputs are left as the last form wrote them.
 * @throws KernelError, DeviceLostError
 */
export async function holdContest(gpu: Gpu, step: Step, rules: ContestRules): Promise<ContestResult> {
  const { entrants, refused } = await firstRound(gpu, step, rules);
  const best = Math.min(...[...entrants.values()].map(({ samples }) => samples[0]!));
  // The default stays in any case: one bad sample of it must not let others look fast.
  const stay = [...entrants.values()].filter(
    (one) => one.step === step || one.samples[0]! <= TOO_SLOW * best,
  );
  let rounds = 1;
  while (rounds < rules.rounds && rules.now() < rules.deadline) {
    for (const rival of stay) rival.samples.push(await rules.timer(gpu, rival.step, rules.times));
    rounds++;
  }
  const samples = new Map([...entrants].map(([name, { samples }]) => [name, samples]));
  return { samples, refused, rounds };
}

/**
 * The form with the smallest median, of those with at least `atLeast` samples. It takes the default's place (the first
 * one's) only where it is faster by the share `margin`, so ties leave the default.
 */
export function fastestForm(
  samples: ReadonlyMap<string, readonly number[]>,
  margin: number,
  atLeast: number,
): string {
  const [[own, ownSamples]] = [...samples] as [[string, readonly number[]]];
  let [best, ms] = [own, median(ownSamples) * (1 - margin)];
  for (const [name, own] of samples) {
    if (own.length < atLeast || !(median(own) < ms)) continue;
    [best, ms] = [name, median(own)];
  }
  return best;
}
