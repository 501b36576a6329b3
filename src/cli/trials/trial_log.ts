import { existsSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { readRegularFile, writeAtomic } from '../files.ts';

const number = z.number();
const score = z.object({
  l1: number,
  psnr: number,
  ssim: number,
  fid: number.nullable(),
  kid: z.object({ value: number, standardError: number }),
});

const result = z.object({
  name: z.string(),
  concept: z.string(),
  seed: number,
  steps: number,
  /** Pairs that were trained on, and pictures that judged. */
  pairs: number,
  judged: number,
  /** Of the network, of what was trained, and of what a concept keeps. */
  weights: z.object({ model: number, trained: number }),
  /** Wall time of the training alone. */
  seconds: number,
  score,
  /** The score on the way, where it was asked for. */
  curve: z.array(z.object({ step: number, score })),
});

/** What came of a trial. */
export type TrialResult = Readonly<z.infer<typeof result>>;

/** Results of one way of training, over concepts and seeds, in one order for all ways. */
export type Results = readonly TrialResult[];

const file = z.object({
  version: z.literal(1),
  trials: z.array(z.object({ settings: z.string(), result })),
});

const MAX_BYTES = 256 * 1024 * 1024;

/** All trials of a study that are done, in one file that is replaced as a whole. */
export class TrialLog {
  readonly #path: string;
  readonly #trials: Map<string, { settings: string; result: TrialResult }>;

  private constructor(path: string, trials: Iterable<{ settings: string; result: TrialResult }>) {
    this.#path = path;
    this.#trials = new Map([...trials].map((trial) => [trial.result.name, trial]));
  }

  /** Opens a log, or begins one. @throws UserError where the file is not such a log */
  static async open(path: string): Promise<TrialLog> {
    if (!existsSync(path)) return new TrialLog(path, []);
    const text = new TextDecoder().decode(await readRegularFile(path, MAX_BYTES));
    try {
      return new TrialLog(path, file.parse(JSON.parse(text)).trials);
    } catch (error) {
      throw new UserError(`${path}: is not a log of trials; remove it or use --fresh`, 1, { cause: error });
    }
  }

  /** The result of a trial; undefined where it was not done, or with other settings. */
  find(name: string, settings: string): TrialResult | undefined {
    const known = this.#trials.get(name);
    return known?.settings === settings ? known.result : undefined;
  }

  /** Wall time of all trainings that are in it. */
  get seconds(): number {
    return [...this.#trials.values()].reduce((sum, { result: { seconds } }) => sum + seconds, 0);
  }

  async add(settings: string, result: TrialResult): Promise<void> {
    this.#trials.set(result.name, { settings, result });
    const all = { version: 1, trials: [...this.#trials.values()] };
    await writeAtomic(this.#path, `${JSON.stringify(all, null, 1)}\n`);
  }
}
