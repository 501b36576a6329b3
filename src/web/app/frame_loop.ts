import type { DrawOptions } from '../playback.ts';
import type { FrameStats, WorkerFilter } from '../worker/worker_filter.ts';
import type { Sources } from './sources.ts';

/** What the loop of frames tells its owner. */
export interface LoopEvents {
  readonly options: () => DrawOptions;
  /** Frames per second that moving pictures need, 0 for any. */
  readonly leastFps: () => number;
  readonly onFrame: (stats: FrameStats) => void;
  readonly onError: (error: unknown) => void;
}

const CALM_MS = 500;

/**
 * Frames one after the other: the next one is taken when the last one is done, so that a slow device shows fewer frames
 * and not later ones. A still picture is drawn when something has changed; a hidden page draws nothing.
 */
export class FrameLoop {
  readonly #filter: WorkerFilter;
  readonly #sources: Sources;
  readonly #events: LoopEvents;
  #due = true;
  #wake = () => {};

  constructor(filter: WorkerFilter, sources: Sources, events: LoopEvents) {
    this.#filter = filter;
    this.#sources = sources;
    this.#events = events;
    // Frames of before would shine through after a pause.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      void this.#filter.forget();
      this.draw();
    });
  }

  /** Something has changed: a still picture is drawn anew. */
  draw(): void {
    this.#due = true;
    this.#wake();
  }

  async run(): Promise<never> {
    for (;;) {
      await this.#next();
      try {
        await this.#frame();
      } catch (error) {
        this.#events.onError(error);
        await new Promise((resolve) => setTimeout(resolve, CALM_MS));
      }
    }
  }

  #next(): Promise<void> {
    const { video } = this.#sources;
    return new Promise((resolve) => {
      this.#wake = resolve;
      // Wakes when it is shown again.
      if (document.hidden) return;
      if (this.#due) requestAnimationFrame(() => resolve());
      else if (!video) return;
      else if ('requestVideoFrameCallback' in video && !video.paused)
        video.requestVideoFrameCallback(() => resolve());
      else requestAnimationFrame(() => resolve());
    });
  }

  async #frame(): Promise<void> {
    const frame = await this.#sources.grab();
    if (!frame && (this.#sources.moves || !this.#due)) {
      // A video that has no frame yet is asked again.
      if (this.#sources.moves) await new Promise((resolve) => setTimeout(resolve, 20));
      return;
    }
    this.#due = false;
    const { options, leastFps } = this.#events;
    const stats = await this.#filter.frame(frame, options(), leastFps());
    if (stats) this.#events.onFrame(stats);
  }
}
