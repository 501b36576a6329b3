import type { Step } from './bind.ts';
import { type ContestResult, type ContestRules, fastestForm, holdContest } from './contest.ts';
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { writes } from './recording.ts';
import { median } from './timeline.ts';
import { type Timer, timerOf } from './timers.ts';
import type { Choices } from './tuner.ts';

/** How long to tune, and by which clocks. */
export interface TuneOptions {
  /** For everything; it is overrun by one launch at most, and by the compile of one form. */
  readonly seconds: number;
  /** Samples per form: 5 by default. */
  readonly rounds?: number;
  /** Share of the time by which a form has to beat the default: 0.02 by default. */
  readonly margin?: number;
  /** Keys that are left out, as known already. */
  readonly known?: ReadonlySet<string>;
  /** The device's timestamps by default, else wall time. */
  readonly timer?: Timer;
  /** Milliseconds, for the budget. */
  readonly now?: () => number;
  /** Told of each key as it is decided, with how many there are, and waited for. */
  readonly onKey?: (tuned: TunedKey, done: number, all: number) => Promise<void>;
}

/** What was measured of one key. */
export interface TunedKey {
  readonly key: string;
  /** Launches in a run of the program. */
  readonly calls: number;
  /** The form that the program was compiled with, and the fastest. */
  readonly byDefault: string;
  readonly best: string;
  /** Median milliseconds by form; those that left after the first round have one sample. */
  readonly ms: ReadonlyMap<string, number>;
  /** Why forms were refused: wrong numbers, or no pipeline. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What tuning found: the best forms of all keys that were decided, and the keys that the budget left out. */
export interface Tuning {
  readonly choices: Choices;
  readonly keys: readonly TunedKey[];
  readonly left: readonly string[];
}

/** One key: a launch that stands for all that have it, and what it costs. */
interface Contender {
  readonly key: string;
  readonly step: Step;
  calls: number;
  ms: number;
}

// Of float32 sums in another order; f16 factors are rounded at 2^-11 each, and results stored as f16 lie 2^-10 apart.
const TOLERANCE = { f32: 1e-4, f16: 1e-2, stored: 2e-3 };
const ROUNDS = 5;
const MIN_SAMPLES = 3;
// Short launches are repeated until a sample takes this long.
const SAMPLE_MS = 5;
const MAX_TIMES = 100;
// What a key is reckoned to cost per form: some rounds of its time, and a compile.
const ESTIMATED_RUNS = 4;
const COMPILE_MS = 50;

/** Launches of a run by key, where there is a choice. */
function contendersOf(program: Program, known: ReadonlySet<string>): Contender[] {
  const found = new Map<string, Contender>();
  for (const step of program.each) {
    const { choice } = step.launch;
    if (!choice || choice.forms.size < 2 || known.has(choice.key)) continue;
    const one = found.get(choice.key) ?? { key: choice.key, step, calls: 0, ms: 0 };
    one.calls++;
    found.set(choice.key, one);
  }
  return [...found.values()];
}

const estimate = ({ step, ms }: Contender): number =>
  step.launch.choice!.forms.size * (ESTIMATED_RUNS * ms + COMPILE_MS);

/** The front of the queue as far as it fits into the time; at least one. `factor` is real cost over estimated. */
function affordable(queue: readonly Contender[], ms: number, factor: number): Contender[] {
  let cost = 0;
  const end = queue.findIndex((one, i) => {
    cost += factor * estimate(one);
    return i > 0 && cost > ms;
  });
  return end < 0 ? [...queue] : queue.slice(0, end);
}

function rulesOf(gpu: Gpu, { step, ms }: Contender, options: TuneOptions, deadline: number): ContestRules {
  const { rounds = ROUNDS, timer = timerOf(gpu), now = () => performance.now() } = options;
  const times = Math.min(MAX_TIMES, Math.max(1, Math.floor(SAMPLE_MS / Math.max(ms, 1e-6))));
  const { choice } = step.launch;
  const halves = writes(step.launch).some(({ dtype }) => dtype === 'f16');
  const usual = gpu.precision === 'f32' && halves ? TOLERANCE.stored : TOLERANCE[gpu.precision];
  const tolerance = choice!.tolerance ?? usual;
  return { timer, rounds, times, tolerance, deadline, now };
}

function judge(
  { key, step, calls }: Contender,
  result: ContestResult,
  options: TuneOptions,
): TunedKey | null {
  const { rounds = ROUNDS, margin = 0.02 } = options;
  const atLeast = Math.min(MIN_SAMPLES, rounds);
  if (result.rounds < atLeast) return null;
  const { samples, refused } = result;
  const ms = new Map([...samples].map(([name, own]) => [name, median(own)]));
  const best = fastestForm(samples, margin, atLeast);
  return { key, calls, byDefault: step.launch.choice!.name, best, ms, refused };
}

/**
 * Times all forms of every launch with a choice that a run of the program has, on the tensors that the run gives it, so
 * its inputs should hold something like real ones. Keys with the largest share of the time come first; what the budget
 * does not reach keeps its form. Launches that hang on parameters alone are left as they are.
 *
 * The program runs once, and partly a few times more: a training step's parameters move. No result is changed otherwise.
 * @throws KernelError, DeviceLostError
 */
export async function tune(program: Program, options: TuneOptions): Promise<Tuning> {
  const { gpu } = program;
  const { timer = timerOf(gpu), now = () => performance.now(), known = new Set() } = options;
  const end = now() + 1000 * options.seconds;
  const contenders = contendersOf(program, known);
  const byStep = new Map(contenders.map((one) => [one.step, one]));
  await program.walk(new Set(byStep.keys()), async (step) => {
    if (now() < end) byStep.get(step)!.ms = await timer(gpu, step, 1);
  });
  let queue = [...contenders].sort((a, b) => b.ms * b.calls - a.ms * a.calls);
  const keys: TunedKey[] = [];
  const cost = { real: 0, estimated: 0 };
  const within = () => affordable(queue, end - now(), cost.estimated ? cost.real / cost.estimated : 1);
  while (queue.length && now() < end) {
    await program.walk(new Set(within().map(({ step }) => step)), async (step) => {
      const one = byStep.get(step)!;
      // Launches come in the program's order: early ones must not take the time of those with a larger share.
      if (now() >= end || !within().includes(one)) return;
      queue = queue.filter((other) => other !== one);
      const begin = now();
      const tuned = judge(one, await holdContest(gpu, step, rulesOf(gpu, one, options, end)), options);
      cost.real += now() - begin;
      cost.estimated += estimate(one);
      if (tuned) keys.push(tuned);
      if (tuned) await options.onKey?.(tuned, keys.length, contenders.length);
    });
  }
  const choices = new Map(keys.map(({ key, best }) => [key, best]));
  const left = contenders.map(({ key }) => key).filter((key) => !choices.has(key));
  return { choices, keys, left };
}
