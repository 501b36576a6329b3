// The package's entry point `e2gan/page`: a page's end of a filter in a worker, without the engine.
import { WorkerFilter, type WorkerOptions } from './worker/worker_filter.ts';

export type { FileSource, OnProgress, Progress } from './download.ts';
export type { Slowness } from './fallback.ts';
export type { FrameSource } from './frame_source.ts';
export type { AdapterSource, SmallerBase } from './model_files.ts';
export type { DrawOptions, Playback, PlayOptions } from './playback.ts';
export { WebError, type WebErrorKind } from './web_error.ts';
export type { FrameStats, WorkerAdapter, WorkerBase, WorkerOptions } from './worker/worker_filter.ts';
export { WorkerFilter } from './worker/worker_filter.ts';

/**
 * Opens a filter in a worker of its own, which takes the canvas over.
 * @throws WebError with a `kind`, where there is no WebGPU, no device, or one that is too small
 */
export const openInWorker = (canvas: HTMLCanvasElement, options: WorkerOptions = {}): Promise<WorkerFilter> =>
  WorkerFilter.open(canvas, options);
