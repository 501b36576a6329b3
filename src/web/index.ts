// The package's entry point `e2gan`: inference, in browsers and in Node.
import { Filter } from './filter.ts';
import type { FilterOptions } from './filter_options.ts';

export type { Picture } from '../model/picture.ts';
export type { FileSource, OnProgress, Progress } from './download.ts';
export type { Slowness } from './fallback.ts';
export { Filter } from './filter.ts';
export type { FilterOptions, FilterStats, Timeline } from './filter_options.ts';
export type { FrameSource } from './frame_source.ts';
export type { AdapterSource, Base, LoadedAdapter, SmallerBase } from './model_files.ts';
export type { Canvas, DrawOptions, Playback, PlayOptions } from './playback.ts';
export { checkSupport, type Support } from './support.ts';
export { WebError, type WebErrorKind } from './web_error.ts';

/**
 * Opens a filter on the browser's graphics device, or in Node on Dawn's.
 * @throws WebError with a `kind`, where there is no WebGPU, no device, or one that is too small
 */
export const open = (options: FilterOptions = {}): Promise<Filter> => Filter.open(options);
