/** Network sizes that a picture may fall back to, largest first. */
export const EDGES: readonly number[] = [512, 384, 256, 192, 128, 96, 64];

/** A picture gets no smaller than this while there is a smaller network: below, less is seen than that one takes away. */
const LEAST_SHARP = 128;
const WINDOW = 8;

/** What makes frames cheaper: a smaller picture, or the next smaller base with a picture as large as now. */
export type Relief = { readonly edge: number } | 'smaller base' | 'too slow';

/** What frames are held against. */
export interface Pacing {
  readonly leastFps: number;
  /** Whether there is a smaller base to go on with. */
  readonly hasSmaller: boolean;
}

/** The middle of some values. */
function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/**
 * Tells when frames take too long for what was asked for, and what would help: a size that would do, since a network's
 * time goes with the number of pixels, else the next smaller base, else the smallest size there is.
 */
export class Pace {
  #times: number[] = [];

  /** Starts anew, since something has changed or the page was away. */
  forget(): void {
    this.#times = [];
  }

  /**
   * Notes one frame.
   * @param edge - of the frame, its shorter side
   * @returns what to go on with, `null` for the same, `too slow` where nothing is left
   */
  note(ms: number, edge: number, { leastFps, hasSmaller }: Pacing): Relief | null {
    this.#times.push(ms);
    if (this.#times.length < WINDOW) return null;
    const typical = middle(this.#times);
    this.forget();
    const most = 1000 / leastFps;
    if (typical <= most) return null;
    const smaller = EDGES.filter((e) => e < edge && (!hasSmaller || e >= LEAST_SHARP));
    const enough = smaller.find((e) => typical * (e / edge) ** 2 <= most);
    if (enough !== undefined) return { edge: enough };
    if (hasSmaller) return 'smaller base';
    return smaller.length ? { edge: smaller.at(-1)! } : 'too slow';
  }
}
