import { WebError } from './web_error.ts';

/** What a frame can be made from. */
export type FrameSource =
  | HTMLVideoElement
  | VideoFrame
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | ImageBitmap
  | ImageData;

/** How a source is cut to the network's picture. */
export interface Framing {
  /** Left and right change places, as in a mirror. */
  readonly mirror?: boolean;
}

const isA = <K extends string>(source: object, name: K): boolean => {
  const type = (globalThis as Record<string, unknown>)[name];
  return typeof type === 'function' && source instanceof type;
};

export const isVideo = (source: FrameSource): source is HTMLVideoElement => isA(source, 'HTMLVideoElement');

/** Whether the browser may hand it over without a copy. */
export const isMoving = (source: FrameSource): source is HTMLVideoElement | VideoFrame =>
  isVideo(source) || isA(source, 'VideoFrame');

/** Width and height in pixels as it is shown. @throws WebError `source` where there is no picture yet */
export function sizeOf(source: FrameSource): readonly [number, number] {
  const s = source as Partial<
    Record<
      'videoWidth' | 'videoHeight' | 'displayWidth' | 'displayHeight' | 'naturalWidth' | 'naturalHeight',
      number
    >
  > & { readonly width: number; readonly height: number };
  const width = s.videoWidth ?? s.displayWidth ?? s.naturalWidth ?? s.width;
  const height = s.videoHeight ?? s.displayHeight ?? s.naturalHeight ?? s.height;
  if (!width || !height)
    throw new WebError('source', 'The picture has no size yet: wait until it has been loaded.');
  return [width, height];
}

/** The part of a source that a network sees, in parts of it, and how many samples a side each pixel takes. */
export interface Crop {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly taps: number;
}

const MAX_TAPS = 8;

/** The largest middle part of the source with the network's aspect. */
export function cropOf(
  [sourceWidth, sourceHeight]: readonly [number, number],
  width: number,
  height: number,
  { mirror = false }: Framing = {},
): Crop {
  const scale = Math.min(sourceWidth / width, sourceHeight / height);
  const [x, y] = [(scale * width) / sourceWidth / 2, (scale * height) / sourceHeight / 2];
  const [left, right] = [0.5 - x, 0.5 + x];
  return {
    left: mirror ? right : left,
    right: mirror ? left : right,
    top: 0.5 - y,
    bottom: 0.5 + y,
    // Bilinear samples meet every source pixel up to twice as fine; coarser ones would flicker.
    taps: Math.min(MAX_TAPS, Math.max(1, Math.ceil(scale / 2))),
  };
}
