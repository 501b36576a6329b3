import { DeviceLostError, KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';

const WINDOW_MS = 60_000;
/** A loss shows as a refused read first, and gives its reason a moment later. */
const NEWS_MS = 50;

/** Counts the losses of devices: so many within a minute are no accident, and would go on for ever. */
export class Losses {
  readonly limit = 3;
  #times: number[] = [];

  /** Notes one more, at `now` in milliseconds. @returns whether another device is worth trying */
  again(now: number): boolean {
    this.#times = [...this.#times.filter((t) => now - t < WINDOW_MS), now];
    return this.#times.length < this.limit;
  }
}

/** Whether work on a device has failed because the device is gone. */
export async function wasLost(error: unknown, { faults }: Gpu): Promise<boolean> {
  if (error instanceof DeviceLostError) return true;
  if (!(error instanceof KernelError)) return false;
  if (!faults.isLost) await new Promise((resolve) => setTimeout(resolve, NEWS_MS));
  return faults.isLost;
}
