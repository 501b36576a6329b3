import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../train/random.ts';
import { formatDuration } from '../progress.ts';
import { TeacherError } from './teacher.ts';

const LONGEST_BACKOFF_MS = 60_000;
/** A server that wants more patience ends the job instead. */
const LONGEST_WAIT_MS = 600_000;
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .*GMT$|^[A-Z][a-z]{2} [A-Z][a-z]{2} .*\d$/;

/** Work that was given up because the job was asked to stop; no failure. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** How often and how soon to try again. */
export interface RetryOptions {
  /** Tries after the first. */
  readonly retries: number;
  /** Mean wait before the first retry, milliseconds; it doubles with each. */
  readonly delayMs: number;
  readonly seed: number;
  /** Ends waits. */
  readonly signal: AbortSignal;
}

/** The number of tries that led to an error. */
export interface Attempted {
  readonly error: unknown;
  readonly attempts: number;
}

/** Tries again with exponential back-off and jitter; a wait that the server asks for holds all who share this. */
export class Retries {
  readonly #options: RetryOptions;
  readonly #random: Random;
  #notBefore = 0;

  constructor(options: RetryOptions) {
    this.#options = options;
    this.#random = new Random(options.seed).fork('retry');
  }

  /** `work`'s value, or its last error with the number of tries. Throws Interrupted where a wait was ended. */
  async run<T>(work: () => Promise<T>): Promise<{ value: T } | Attempted> {
    for (let attempts = 1; ; attempts++) {
      await this.#wait(this.#notBefore - Date.now());
      try {
        return { value: await work() };
      } catch (error) {
        const again = error instanceof TeacherError && error.verdict === 'retry';
        if (!again || attempts > this.#options.retries) return { error, attempts };
        const asked = error.afterMs ?? 0;
        if (asked > LONGEST_WAIT_MS) return { error: tooLong(error, asked), attempts };
        this.#notBefore = Math.max(this.#notBefore, Date.now() + asked);
        await this.#wait(Math.max(asked, this.#backoff(attempts)));
      }
    }
  }

  /** Between half and one and a half of `delay 2^(attempts - 1)`, at most a minute. */
  #backoff(attempts: number): number {
    const mean = this.#options.delayMs * 2 ** (attempts - 1);
    return Math.min(LONGEST_BACKOFF_MS, mean * (0.5 + this.#random.next()));
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#options;
    if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw new Interrupted();
  }
}

function tooLong(error: TeacherError, asked: number): TeacherError {
  const wait = formatDuration(asked / 1000);
  return new TeacherError('end', `${error.message}; it asks to wait for ${wait}, run the same command then`);
}

/** A `Retry-After` header, seconds or a date, as milliseconds from `now`; undefined where it is absent or neither. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return 1000 * Number(text);
  const date = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
