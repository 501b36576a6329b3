import type { FileSource, Progress } from '../download.ts';
import type { Slowness } from '../fallback.ts';
import type { FilterOptions, FilterStats, Timeline } from '../filter_options.ts';
import type { FrameProfile } from '../frame_profile.ts';
import { type FrameSource, isVideo } from '../frame_source.ts';
import type { AdapterSource, SmallerBase } from '../model_files.ts';
import { type DrawOptions, LEAST_FPS, type Playback, type PlayOptions, play } from '../playback.ts';
import type { StageState } from '../stage.ts';
import type { Support } from '../support.ts';
import { grab } from './grab.ts';
import { connect, type Remote } from './rpc.ts';
import { absolute, absoluteAdapter, absoluteSmaller } from './sources.ts';
import type { FilterApi } from './worker.ts';

/** How a filter is opened in a worker. */
export interface WorkerOptions extends FilterOptions {
  /** A worker that runs `e2gan/worker`, for bundlers that do not find the one beside this module. */
  readonly worker?: Worker;
  /**
   * Size or base have been changed, or there is nothing smaller left.
   * @param adapters - names of those that are there now
   * @param base - the one that is in use now
   */
  readonly onFallback?: (slowness: Slowness, adapters: readonly string[], base: WorkerBase) => void;
}

/** What is known of a base that a worker has loaded. */
export type WorkerBase = Awaited<ReturnType<FilterApi['base']>>;

/** What is known of an adapter that a worker has loaded. */
export type WorkerAdapter = Awaited<ReturnType<FilterApi['adapter']>>;

/** Figures of a frame. */
export type FrameStats = FilterStats & { readonly timeline: Timeline };

function listen({ onProgress, onState, onFallback }: WorkerOptions): (event: string, data: unknown) => void {
  return (event, data) => {
    if (event === 'progress') onProgress?.(data as Progress);
    else if (event === 'state') {
      const { state, message } = data as { state: StageState; message: string };
      onState?.(state, message);
    } else if (event === 'fallback') {
      const { slowness, adapters, base } = data as {
        slowness: Slowness;
        adapters: readonly string[];
        base: WorkerBase;
      };
      onFallback?.(slowness, adapters, base);
    }
  };
}

/** A filter in a worker of its own, which also has the canvas: whatever the page does, frames go on. */
export class WorkerFilter {
  readonly #worker: Worker;
  readonly #filter: Remote<FilterApi>;
  readonly support: Support;

  private constructor(worker: Worker, filter: Remote<FilterApi>, support: Support) {
    this.#worker = worker;
    this.#filter = filter;
    this.support = support;
  }

  /**
   * Hands a canvas over for good; it has the size of the network's pictures from then on, and CSS sizes it on the page.
   * @throws WebError `no-webgpu`, `no-adapter`, `limits`, `source` where the canvas is in use, `stopped` where the
   * worker's script cannot be loaded; RangeError for a size that is no multiple of 8
   */
  static async open(canvas: HTMLCanvasElement, options: WorkerOptions = {}): Promise<WorkerFilter> {
    const worker = options.worker ?? new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
    const filter = connect<FilterApi>(worker, listen(options));
    const { size, storage } = options;
    try {
      const screen = canvas.transferControlToOffscreen();
      const opened = { ...(size && { size }), ...(storage && { storage }) };
      return new WorkerFilter(worker, filter, await filter.open(screen, opened));
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** See `Filter.loadBase`. @throws WebError naming the file */
  loadBase(
    source: FileSource,
    { smaller = [] }: { readonly smaller?: readonly SmallerBase[] } = {},
  ): Promise<WorkerBase> {
    return this.#filter.base(absolute(source), smaller.map(absoluteSmaller));
  }

  /** See `Filter.loadAdapter`. @throws WebError naming the file */
  loadAdapter(
    source: FileSource | AdapterSource,
    options: { readonly name?: string; readonly strength?: number } = {},
  ): Promise<WorkerAdapter> {
    return this.#filter.adapter(absoluteAdapter(source), options);
  }

  removeAdapter(name: string): Promise<void> {
    return this.#filter.remove(name);
  }

  /** How much adapters take part, from the next frame on. @throws RangeError as an Error of the same message */
  strengths(values: Readonly<Record<string, number>>): Promise<void> {
    return this.#filter.strengths(values);
  }

  ready(): Promise<void> {
    return this.#filter.ready();
  }

  resize(size: FilterOptions['size']): Promise<void> {
    return this.#filter.resize(size);
  }

  /**
   * Draws a frame, which it closes, or the picture of `still` anew.
   * @param leastFps - see `PlayOptions`; a still picture is never too slow
   * @returns null where there is no picture
   */
  frame(
    source: VideoFrame | ImageBitmap | null,
    options: DrawOptions = {},
    leastFps = 0,
  ): Promise<FrameStats | null> {
    const { mirror = false, wipe = 0, smooth = 0 } = options;
    // Whatever else a page puts there cannot go to a worker.
    return this.#filter.frame(source, { mirror, wipe, smooth }, leastFps);
  }

  /** Keeps a picture, which it takes over, for frames without one. */
  still(picture: ImageBitmap | null): Promise<void> {
    return this.#filter.still(picture);
  }

  /**
   * Follows a video, a camera's or any other, or a canvas, until it is stopped; a picture is drawn once. Resolves after
   * the first frame.
   * @throws WebError `source` for a video that cannot be shown
   */
  run(source: Exclude<FrameSource, ImageData>, options: PlayOptions = {}): Promise<Playback> {
    const draw = async (now: PlayOptions) => {
      const frame = isVideo(source) ? await grab(source) : await createImageBitmap(source);
      if (frame) await this.frame(frame, now, now.leastFps ?? LEAST_FPS);
    };
    return play(source, { draw, reducible: null }, options);
  }

  /** The next frame shows nothing of those before: for sources that jump. */
  forget(): Promise<void> {
    return this.#filter.forget();
  }

  /** See `Filter.profile`. */
  profile(): Promise<FrameProfile | null> {
    return this.#filter.profile();
  }

  /** See `Filter.exportBlend`. */
  exportBlend(concept: string): Promise<Record<string, Uint8Array>> {
    return this.#filter.exportBlend(concept);
  }

  /** The latest frame's values, `[height, width, 3]` in [-1, 1] before clamping. */
  values(): Promise<{ width: number; height: number; values: Float32Array }> {
    return this.#filter.values();
  }

  /** Destroys the device as a fault of the driver would, to try out that the filter gets another. */
  destroyDevice(): Promise<void> {
    return this.#filter.destroyDevice();
  }

  /** Ends the worker, and with it everything. */
  dispose(): void {
    this.#worker.terminate();
  }
}
