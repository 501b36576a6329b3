import { availableParallelism } from 'node:os';
import { type BenchCase, caseValues } from './cases/bench_case.ts';
import type { Contender } from './contenders.ts';
import { readFloats, writeFloats } from './graph/float_files.ts';
import type { FloatsByName } from './graph/values.ts';
import type { Files, Sample } from './protocol.ts';
import type { CaseResult, Entry, Who } from './results.ts';
import { type Expected, judge, judgeAmong, type Verdict } from './verdict.ts';

/** How long and how often. */
export interface Limits {
  readonly repeats: number;
  /** Longest wait for one answer, in seconds. */
  readonly patience: number;
  /** When to stop, as performance.now() tells. */
  readonly deadline: number;
}

const FEWEST = 3;

/** A contender that has built a case and run it once. */
interface Runner {
  readonly contender: Contender;
  readonly notes: string[];
  readonly cold: Sample;
  readonly outputs: FloatsByName;
  verdict: Verdict | null;
  unable: string;
  readonly samples: Sample[];
}

type Built = Runner | { readonly contender: Contender; readonly unable: string };

const isRunner = (built: Built): built is Runner => 'samples' in built;

/** One case, from building to the last repeat. */
class Measurement {
  readonly #case: BenchCase;
  readonly #files: Files;
  readonly #limits: Limits;
  readonly #expected: readonly Expected[] | null;

  constructor(benchCase: BenchCase, files: Files, limits: Limits, expected: readonly Expected[] | null) {
    this.#case = benchCase;
    this.#files = files;
    this.#limits = limits;
    this.#expected = expected;
  }

  async #buildForm(contender: Contender, form: string): Promise<Runner> {
    const { process: child, who } = contender;
    const { patience } = this.#limits;
    if (!child.isRunning) await child.ask('open', { threads: availableParallelism() }, patience);
    const { workload } = this.#case;
    const { cold, note } = await child.ask('prepare', { workload, files: this.#files, form }, patience);
    const file = `${who.replaceAll(/\W/g, '_')}.f32`;
    const { places } = await child.ask('outputs', { file }, patience);
    const outputs = await readFloats(this.#files.folder, file, places);
    const verdict = this.#expected ? judge(outputs, this.#expected, this.#case.tolerance) : null;
    const notes = [form, note ?? ''].filter(Boolean);
    return { contender, notes, cold, outputs, verdict, unable: '', samples: [] };
  }

  /** Builds the first form whose numbers are right; without a reference, the first one. */
  async build(contender: Contender, suspects: ReadonlySet<string> = new Set()): Promise<Built> {
    const unable = contender.unable(this.#case);
    if (unable) return { contender, unable };
    let wrong: Runner | null = null;
    let failure = '';
    for (const form of contender.forms(this.#case)) {
      if (suspects.has(form)) continue;
      try {
        const runner = await this.#buildForm(contender, form);
        if (runner.verdict?.status !== 'wrong') {
          if (wrong) runner.notes.push(`${wrong.notes[0]} gives wrong numbers here`);
          return runner;
        }
        wrong = runner;
        contender.process.stop();
      } catch (error) {
        failure = (error as Error).message;
        contender.process.stop();
      }
    }
    return wrong ? { ...wrong, unable: 'its numbers are wrong' } : { contender, unable: failure };
  }

  /** Without a reference: what most agree on is right; a form that is alone is replaced by the next. */
  async judgeTogether(built: Built[]): Promise<void> {
    if (built.filter(isRunner).length < 2) return;
    const verdicts = () =>
      judgeAmong(
        new Map(built.filter(isRunner).map(({ contender, outputs }) => [contender.who, outputs])),
        this.#case.tolerance,
      );
    let found = verdicts();
    for (const [i, one] of built.entries()) {
      if (!isRunner(one) || found.get(one.contender.who)?.status === 'right') continue;
      const [form, ...others] = one.contender.forms(this.#case);
      if (form === undefined || !others.length || form !== one.notes[0]) continue;
      one.contender.process.stop();
      const next = await this.build(one.contender, new Set([form]));
      if (isRunner(next)) next.notes.push(`${form} gives wrong numbers here`);
      built[i] = next;
      found = verdicts();
    }
    for (const one of built.filter(isRunner)) {
      one.verdict = found.get(one.contender.who) ?? null;
      if (one.verdict?.status === 'wrong') one.unable = 'its numbers are wrong';
    }
  }

  /** All take turns, so that a slow minute of the machine is everybody's. */
  async repeat(runners: readonly Runner[]): Promise<void> {
    const { repeats, patience, deadline } = this.#limits;
    for (let r = 0; r < repeats; r++) {
      if (r >= FEWEST && performance.now() > deadline) return;
      for (const runner of runners) {
        if (runner.unable) continue;
        try {
          runner.samples.push(await runner.contender.process.ask('run', {}, patience));
        } catch (error) {
          runner.unable = (error as Error).message;
        }
      }
    }
  }

  /** GPU times of ours by timestamps. */
  async gpuTimes(own: Runner): Promise<Pick<CaseResult, 'gpu' | 'launches'>> {
    const gpu: number[] = [];
    let launches = 0;
    try {
      for (let r = 0; r < this.#limits.repeats; r++) {
        if (r >= FEWEST && performance.now() > this.#limits.deadline) break;
        const sample = await own.contender.process.ask('gpu', {}, this.#limits.patience);
        gpu.push(sample.ms);
        ({ launches } = sample);
      }
    } catch (error) {
      own.notes.push(`no GPU times: ${(error as Error).message}`);
    }
    return { gpu, launches };
  }
}

function entryOf(built: Built): Entry {
  const { who } = built.contender;
  if (!isRunner(built))
    return { who, unable: built.unable, notes: [], verdict: null, cold: null, samples: [] };
  const { unable, notes, verdict, cold, samples } = built;
  return { who, unable, notes, verdict, cold, samples: unable ? [] : samples };
}

/** Builds a case with everybody, compares their numbers, and times them in turn. */
export async function measureCase(
  benchCase: BenchCase,
  contenders: readonly Contender[],
  folder: string,
  limits: Limits,
  say: (who: Who, what: string) => void,
): Promise<CaseResult> {
  const values = caseValues(benchCase);
  const places = await writeFloats(folder, 'values.f32', values);
  const files = { folder, values: 'values.f32', places };
  const expected = benchCase.reference?.(values) ?? null;
  const measurement = new Measurement(benchCase, files, limits, expected);
  const built: Built[] = [];
  for (const contender of contenders) {
    say(contender.who, 'builds');
    built.push(await measurement.build(contender));
  }
  if (!expected) await measurement.judgeTogether(built);
  const runners = built.filter(isRunner);
  const own = runners.find(({ contender }) => contender.who === 'ours');
  say('ours', 'takes turns with the others');
  await measurement.repeat(runners);
  const gpu = own ? await measurement.gpuTimes(own) : { gpu: [], launches: 0 };
  for (const contender of contenders) contender.process.stop();
  const { name, flops, bytes, target } = benchCase;
  return { name, flops, bytes, target, ...gpu, entries: built.map(entryOf) };
}
