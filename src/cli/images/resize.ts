import type { Picture } from '../../model/picture.ts';
import { loadNative, type Native } from './native.ts';

/**
 * The picture at `width` x `height` pixels, its aspect ratio not kept. With sharp by Lanczos-3; where `native` is
 * null by exact area averaging when a side shrinks and linear interpolation when it grows.
 */
export async function resizePicture(
  picture: Picture,
  width: number,
  height: number,
  native?: Native | null,
): Promise<Picture> {
  if (picture.width === width && picture.height === height) return picture;
  const sharp = native === undefined ? await loadNative() : native;
  return sharp ? resizeNative(sharp, picture, width, height) : resizePlain(picture, width, height);
}

/** The largest size with the picture's aspect ratio that fits a box, at least 1x1. */
export function fitInside(
  picture: Picture,
  boxWidth: number,
  boxHeight: number,
): [width: number, height: number] {
  const scale = Math.min(boxWidth / picture.width, boxHeight / picture.height);
  const fit = (side: number) => Math.max(1, Math.round(side * scale));
  return [fit(picture.width), fit(picture.height)];
}

async function resizeNative(
  sharp: Native,
  picture: Picture,
  width: number,
  height: number,
): Promise<Picture> {
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const source = sharp(picture.rgb, { raw }).resize(width, height, { fit: 'fill', kernel: 'lanczos3' });
  const data = await source.raw().toBuffer();
  return { width, height, rgb: new Uint8Array(data.buffer, data.byteOffset, data.length) };
}

function resizePlain(picture: Picture, width: number, height: number): Picture {
  const columns = filterTaps(picture.width, width);
  const rows = filterTaps(picture.height, height);
  const narrow = new Float64Array(width * picture.height * 3);
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < width; x++) {
      for (const { at, weight } of columns[x]!) {
        addPixel(narrow, y * width + x, picture.rgb, y * picture.width + at, weight);
      }
    }
  }
  const sum = new Float64Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (const { at, weight } of rows[y]!) {
      for (let x = 0; x < width; x++) addPixel(sum, y * width + x, narrow, at * width + x, weight);
    }
  }
  return { width, height, rgb: Uint8Array.from(sum, (value) => Math.round(value)) };
}

function addPixel(
  to: Float64Array,
  toPixel: number,
  from: ArrayLike<number>,
  pixel: number,
  weight: number,
): void {
  for (let c = 0; c < 3; c++) to[3 * toPixel + c]! += weight * from[3 * pixel + c]!;
}

interface Tap {
  readonly at: number;
  readonly weight: number;
}

/** For each output sample the input samples it mixes; the weights add up to 1. */
function filterTaps(from: number, to: number): Tap[][] {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) =>
    to < from ? areaTaps(i * scale, (i + 1) * scale, from) : linearTaps((i + 0.5) * scale - 0.5, from),
  );
}

function areaTaps(start: number, end: number, length: number): Tap[] {
  const taps: Tap[] = [];
  for (let at = Math.floor(start); at < Math.min(length, Math.ceil(end)); at++) {
    const covered = Math.min(end, at + 1) - Math.max(start, at);
    if (covered > 0) taps.push({ at, weight: covered / (end - start) });
  }
  return taps;
}

function linearTaps(position: number, length: number): Tap[] {
  const low = Math.floor(position);
  const weight = position - low;
  const clamp = (at: number) => Math.min(length - 1, Math.max(0, at));
  return [
    { at: clamp(low), weight: 1 - weight },
    { at: clamp(low + 1), weight },
  ];
}
