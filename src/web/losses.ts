const WINDOW_MS = 60_000;

/** Counts the losses of devices, so that a page does not go on losing them for ever. */
export class Losses {
  readonly limit = 3;
  #times: number[] = [];

  /** Notes one more. @returns whether another device is worth trying */
  again(now: number): boolean {
    this.#times = [...this.#times.filter((t) => now - t < WINDOW_MS), now];
    return this.#times.length < this.limit;
  }
}
