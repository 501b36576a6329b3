import { checkSize } from './limits.ts';

const APP1 = 0xe1;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
/** SOF0..SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
const standsAlone = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** What the markers of a JPEG tell. */
export interface JpegHeader {
  /** Colour channels: 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** Content of the EXIF segment after its name, if there is one. */
  readonly exif: Uint8Array | undefined;
}

/**
 * Walks a JPEG's markers to the end of the image. Decoders paint missing data grey, so a file that stops before its
 * EOI marker is refused here, and its size is checked before anything is allocated.
 * @throws Error with the reason.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let components = 0;
  let exif: Uint8Array | undefined;
  let at = 2;
  while (at + 2 <= bytes.length) {
    if (bytes[at] !== 0xff) throw new Error('broken: no marker where one is due');
    const marker = bytes[at + 1]!;
    if (marker === END_OF_IMAGE && components > 0) return { components, exif };
    if (marker === 0xff) at += 1;
    else if (standsAlone(marker)) at += 2;
    else {
      const end = segmentEnd(view, at);
      if (isFrame(marker)) components = readFrame(view, at, end);
      if (marker === APP1) exif ??= exifContent(bytes.subarray(at + 4, end));
      at = marker === START_OF_SCAN ? scanEnd(bytes, end) : end;
    }
  }
  throw new Error('truncated: it has no end marker');
}

function segmentEnd(view: DataView, at: number): number {
  if (at + 4 > view.byteLength) throw new Error('truncated between its segments');
  const length = view.getUint16(at + 2);
  const end = at + 2 + length;
  if (length < 2) throw new Error('broken: a segment of no length');
  if (end > view.byteLength) throw new Error('truncated in a segment');
  return end;
}

/** Checks size and precision of a frame and returns its number of components. */
function readFrame(view: DataView, at: number, end: number): number {
  if (end - at < 10) throw new Error('broken: its frame header is too short');
  const precision = view.getUint8(at + 4);
  if (precision !== 8) throw new Error(`${precision} bits per sample are not read; save it with 8`);
  checkSize(view.getUint16(at + 7), view.getUint16(at + 5));
  return view.getUint8(at + 9);
}

function exifContent(segment: Uint8Array): Uint8Array | undefined {
  const name = Buffer.from(segment.subarray(0, 6)).toString('latin1');
  return name === 'Exif\0\0' ? segment.subarray(6) : undefined;
}

/** Where the next marker follows entropy-coded data; there FF 00 and the restart markers are data. */
function scanEnd(bytes: Uint8Array, start: number): number {
  let at = bytes.indexOf(0xff, start);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, at + 2);
  }
  throw new Error('truncated: its scan has no end');
}
