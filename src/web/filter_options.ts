import type { OnProgress } from './download.ts';
import type { StageState } from './stage.ts';

/** How a filter is opened. */
export interface FilterOptions {
  /** Edge of the network's pictures in pixels, or width and height; multiples of 8, 256 where left out. */
  readonly size?: number | readonly [width: number, height: number];
  /** `f16` stores the network in half the memory, where the device can. */
  readonly storage?: 'f32' | 'f16';
  readonly onProgress?: OnProgress;
  /** The device was lost and is being replaced, is there again, or cannot be had again. */
  readonly onState?: (state: StageState, message: string) => void;
}

/** Figures of a filter, as they are now. */
export interface FilterStats {
  readonly width: number;
  readonly height: number;
  /** Milliseconds of the GPU for the latest frame that was timed; NaN where it has no clock. */
  readonly gpuMs: number;
  /** Milliseconds until the device was done with the latest frame. */
  readonly frameMs: number;
  /** Frames so far. */
  readonly frames: number;
  readonly buffers: number;
  readonly textures: number;
  /** Of buffers and textures. */
  readonly bytes: number;
}

/** Milliseconds from opening to each stage of the first use; NaN where it has not come yet. */
export interface Timeline {
  readonly downloaded: number;
  readonly compiled: number;
  readonly ready: number;
  readonly firstFrame: number;
}

const DEFAULT_EDGE = 256;

/** Width and height of the network's pictures. @throws RangeError */
export function sidesOf(size: FilterOptions['size'] = DEFAULT_EDGE): readonly [number, number] {
  const [width, height] = typeof size === 'number' ? [size, size] : size;
  for (const side of [width, height])
    if (!Number.isInteger(side) || side < 16 || side > 2048 || side % 8)
      throw new RangeError(`size: ${side} is no multiple of 8 from 16 to 2048`);
  return [width, height];
}
