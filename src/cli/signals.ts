/** The signal that asked the program to leave. */
export type Stop = 'SIGINT' | 'SIGTERM';

/** Exit code after a stop that saved first, as shells report signals. */
export const STOP_CODES: Readonly<Record<Stop, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Thrown through work of several parts when one of them was stopped and has saved. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly stop: Stop;

  constructor(stop: Stop) {
    super(`stopped by ${stop}`);
    this.stop = stop;
  }
}

/** Runs `work`; the exit code, that of a stop where it threw Interrupted. */
export async function exitCodeOf(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Interrupted) return STOP_CODES[error.stop];
    throw error;
  }
}

/** Whether and by what a stop was asked for. */
export interface Signals {
  readonly stopped: Stop | null;
  dispose(): void;
}

/**
 * Remembers the first signal so that work can end in order; a second one leaves at once.
 * @param plan what happens before the program leaves, for people
 * @param onStop hears of the first signal
 */
export function watchSignals(plan = 'saving after this step', onStop: () => void = () => {}): Signals {
  let stopped: Stop | null = null;
  const handler = (signal: Stop) => {
    if (stopped) process.exit(STOP_CODES[signal]);
    stopped = signal;
    process.stderr.write(`\n${signal}: ${plan}; once more leaves at once\n`);
    onStop();
  };
  process.on('SIGINT', handler);
  process.on('SIGTERM', handler);
  return {
    get stopped() {
      return stopped;
    },
    dispose() {
      process.off('SIGINT', handler);
      process.off('SIGTERM', handler);
    },
  };
}
