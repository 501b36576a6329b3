/** Network sizes that a picture may fall back to, largest first. */
export const EDGES: readonly number[] = [512, 384, 256, 192, 128, 96, 64];

const WINDOW = 8;

/** The middle of some values. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Tells when frames take too long for what was asked for, and which size would do: network time goes with the number
 * of pixels.
 */
export class Pace {
  readonly #leastFps: number;
  #times: number[] = [];

  constructor(leastFps: number) {
    this.#leastFps = leastFps;
  }

  /** Starts anew, since a size has changed or the page was away. */
  forget(): void {
    this.#times = [];
  }

  /**
   * Notes one frame.
   * @param edge - of the frame, its shorter side
   * @returns a smaller edge to go on with, `null` to stay, `too slow` where there is no smaller one
   */
  note(ms: number, edge: number): number | 'too slow' | null {
    this.#times.push(ms);
    if (this.#times.length < WINDOW) return null;
    const typical = middle(this.#times);
    this.forget();
    const most = 1000 / this.#leastFps;
    if (typical <= most) return null;
    const smaller = EDGES.filter((e) => e < edge);
    if (!smaller.length) return 'too slow';
    return smaller.find((e) => typical * (e / edge) ** 2 <= most) ?? smaller.at(-1)!;
  }
}
