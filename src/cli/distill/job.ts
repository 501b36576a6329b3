import { createHash } from 'node:crypto';
import { escapeControl, messageOf, UserError } from '../errors.ts';
import type { Size } from '../options.ts';
import { type Progress, startProgress } from '../progress.ts';
import { fittingAnswer } from './answer_check.ts';
import type { Concept } from './concepts.ts';
import { Inputs } from './inputs.ts';
import type { Failure, PairFolder } from './pair_folder.ts';
import { Interrupted, type Retries } from './retry.ts';
import type { Source } from './sources.ts';
import { type Teacher, TeacherError } from './teacher.ts';

/** So many failures in a row are no accident. */
const GIVE_UP = 20;

/** One target to be made. */
export interface Task {
  readonly source: Source;
  readonly concept: Concept;
}

/** Pairs to be made, and how. */
export interface Job {
  readonly folder: PairFolder;
  readonly teacher: Teacher;
  readonly sources: readonly Source[];
  readonly concepts: readonly Concept[];
  /** Size of the pictures that the teacher sees. */
  readonly teacherSize: Size;
  readonly seed: number;
  /** How many edits may be under way at once. */
  readonly parallel: number;
  readonly retries: Retries;
  /** Asks to finish what is under way. */
  readonly stop: AbortSignal;
}

/** What a job came to. */
export interface Outcome {
  readonly made: number;
  readonly failures: readonly Failure[];
  /** Targets that were to be made and were not, as `<concept>/<name>`. */
  readonly left: ReadonlySet<string>;
  /** Why sources were left out, one line each. */
  readonly unusable: readonly string[];
  /** Why the job ended before all was tried, other than by a signal. */
  readonly gaveUp?: string;
}

/** The targets that are missing, broken or of another size, source by source. */
export async function missingTasks(
  folder: PairFolder,
  sources: readonly Source[],
  concepts: readonly Concept[],
): Promise<Task[]> {
  const tasks: Task[] = [];
  const total = sources.length * concepts.length;
  const progress = startProgress({ label: 'check', total, unit: 'pairs' });
  let checked = 0;
  for (const source of sources) {
    const hasInput = (await folder.read(folder.input(source.name))) !== undefined;
    for (const concept of concepts) {
      const isDone = hasInput && (await folder.read(folder.target(concept.name, source.name))) !== undefined;
      if (!isDone) tasks.push({ source, concept });
      progress.update(++checked);
    }
  }
  progress.stop();
  return tasks;
}

const targetName = ({ source, concept }: Task): string => `${concept.name}/${source.name}`;

/** Seed of a pair, 0 to 2^31 - 1: on nothing but the job's seed and the pair's names does it depend. */
export function pairSeed(seed: number, concept: string, name: string): number {
  const digest = createHash('sha256').update(`${seed}\n${concept}\n${name}`).digest();
  return digest.readUInt32LE() >>> 1;
}

/**
 * Makes targets, several at once. One that fails is noted and the others go on, until the teacher fails for good or
 * too often in a row. @throws UserError where the folder cannot be written
 */
export async function runJob(job: Job, tasks: readonly Task[]): Promise<Outcome> {
  const run = new JobRun(job, tasks);
  return run.run();
}

class JobRun {
  readonly #job: Job;
  readonly #tasks: readonly Task[];
  readonly #inputs: Inputs;
  readonly #failures: Failure[] = [];
  readonly #left: Set<string>;
  readonly #progress: Progress;
  #made = 0;
  #skipped = 0;
  #failedInRow = 0;
  #gaveUp: string | undefined;
  #broken: { readonly error: unknown } | undefined;

  constructor(job: Job, tasks: readonly Task[]) {
    this.#job = job;
    this.#tasks = tasks;
    this.#inputs = new Inputs(job.folder, job.teacherSize, job.parallel + 1);
    this.#left = new Set(tasks.map(targetName));
    const total = job.sources.length * job.concepts.length;
    this.#progress = startProgress({ label: 'distill', total, start: total - tasks.length, unit: 'pairs' });
  }

  async run(): Promise<Outcome> {
    const queue = this.#tasks.values();
    const work = async () => {
      for (const task of queue) {
        if (this.#job.stop.aborted || this.#gaveUp !== undefined || this.#broken) break;
        await this.#attempt(task);
      }
    };
    await Promise.all(Array.from({ length: this.#job.parallel }, work));
    this.#progress.stop();
    if (this.#broken) throw this.#broken.error;
    return {
      made: this.#made,
      failures: this.#failures,
      left: this.#left,
      unusable: [...this.#inputs.unusable.values()],
      ...(this.#gaveUp !== undefined && { gaveUp: this.#gaveUp }),
    };
  }

  /** Never rejects, so that what is under way beside it ends in order. */
  async #attempt(task: Task): Promise<void> {
    try {
      const png = await this.#inputs.shown(task.source);
      if (!png) {
        this.#skipped++;
        return this.#report();
      }
      const result = await this.#job.retries.run(() => this.#make(task, png));
      if ('value' in result) this.#succeeded(task);
      else if (result.error instanceof TeacherError) this.#failed(task, result.error, result.attempts);
      else this.#broken ??= result;
    } catch (error) {
      if (!(error instanceof Interrupted)) this.#broken ??= { error };
    }
  }

  async #make({ source, concept }: Task, png: Buffer): Promise<void> {
    const { folder, teacher, teacherSize, seed } = this.#job;
    const request = {
      source,
      concept,
      png,
      size: teacherSize,
      seed: pairSeed(seed, concept.name, source.name),
    };
    const picture = await fittingAnswer(await teacher.edit(request), folder.size);
    await folder.write(folder.target(concept.name, source.name), picture);
  }

  #succeeded(task: Task): void {
    this.#left.delete(targetName(task));
    this.#made++;
    this.#failedInRow = 0;
    this.#report();
  }

  #failed({ source, concept }: Task, error: TeacherError, attempts: number): void {
    const input_file_name = this.#job.folder.inputName(source.name);
    const reason = escapeControl(messageOf(error));
    this.#failures.push({ concept: concept.name, input_file_name, attempts, reason });
    this.#failedInRow++;
    if (error.verdict === 'end') this.#gaveUp ??= reason;
    if (this.#failedInRow >= GIVE_UP) this.#gaveUp ??= `${GIVE_UP} failures in a row, the last: ${reason}`;
    this.#report();
  }

  #report(): void {
    const { sources, concepts } = this.#job;
    const before = sources.length * concepts.length - this.#tasks.length;
    const failed = this.#failures.length;
    this.#progress.update(before + this.#made + this.#skipped + failed, failed > 0 ? `${failed} failed` : '');
  }
}

/** Fails where pairs are missing, naming how many and the first reason. @throws UserError */
export function requireAll(out: string, { failures, gaveUp }: Outcome, wanted: number): void {
  const again = 'the same command tries again';
  if (gaveUp !== undefined) throw new UserError(`${out}: ended early: ${gaveUp}; ${again}`);
  const [first] = failures;
  if (!first) return;
  const { concept, input_file_name, attempts, reason } = first;
  const tries = attempts > 1 ? ` after ${attempts} tries` : '';
  throw new UserError(
    `${out}: ${failures.length} of ${wanted} pairs failed, the first (${concept}, ${input_file_name})${tries}: ${reason}; ${again}, see failures.jsonl`,
  );
}
