import { Pace } from './pace.ts';

/** What a filter has become on a slow device, or that nothing is left to take away. */
export type Slowness =
  | {
      /** Shorter side of its pictures. */
      readonly edge: number;
      readonly base: string;
      /** How many smaller bases are left. */
      readonly smaller: number;
    }
  | 'too slow';

/** A filter whose frames can be made cheaper. */
export interface Reducible {
  resize(size: readonly [number, number]): Promise<void>;
  useSmaller(): Promise<unknown>;
  readonly base: { readonly name: string };
  /** How many smaller bases are left. */
  readonly smaller: number;
  readonly stats: { readonly width: number; readonly height: number; readonly frameMs: number };
}

/** Makes a filter's frames cheaper where they take too long, in the background; what was there goes on meanwhile. */
export class Fallback {
  readonly #filter: Reducible;
  readonly #tell: (slowness: Slowness) => void;
  readonly #pace = new Pace();
  #isBusy = false;
  #isOver = false;

  constructor(filter: Reducible, tell: (slowness: Slowness) => void) {
    this.#filter = filter;
    this.#tell = tell;
  }

  /** Notes a frame that has been drawn. @param leastFps - 0 for leaving all as it is */
  note(leastFps: number): void {
    if (this.#isBusy || this.#isOver || leastFps <= 0) return;
    const { smaller, stats } = this.#filter;
    const edge = Math.min(stats.width, stats.height);
    const relief = this.#pace.note(stats.frameMs, edge, { leastFps, hasSmaller: smaller > 0 });
    if (relief === null) return;
    if (relief === 'too slow') {
      this.#isOver = true;
      this.#tell('too slow');
      return;
    }
    this.#isBusy = true;
    const change = relief === 'smaller base' ? this.#filter.useSmaller() : this.#resize(relief.edge);
    // What fails here is tried again, or something else, when frames are slow once more.
    void change.then(
      () => this.#changed(),
      () => this.#done(),
    );
  }

  #resize(edge: number): Promise<void> {
    const { width, height } = this.#filter.stats;
    const scale = edge / Math.min(width, height);
    const side = (old: number) => Math.max(16, Math.round((old * scale) / 8) * 8);
    return this.#filter.resize([side(width), side(height)]);
  }

  #changed(): void {
    const { base, smaller, stats } = this.#filter;
    this.#done();
    this.#tell({ edge: Math.min(stats.width, stats.height), base: base.name, smaller });
  }

  #done(): void {
    this.#isBusy = false;
    this.#pace.forget();
  }
}
