import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import type { Picture } from '../../model/picture.ts';
import { errorCode, messageOf } from '../errors.ts';
import { type ConversionNote, type Decoded, flattenOnWhite } from './decoded.ts';
import { uprighted } from './orientation.ts';
import { type PngChunks, type PngHeader, readPngChunks } from './png_chunks.ts';

const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** First column, first row, column step and row step of Adam7's seven passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * PNG bytes to RGB8: grey and palette expanded, 16 bits cut to the high byte, alpha and tRNS flattened on white,
 * eXIf orientation applied, gamma and profiles ignored, of an animation the default image.
 * @throws Error with the reason, before pixel memory is taken where the header tells.
 */
export function decodePng(bytes: Uint8Array): Decoded {
  const chunks = readPngChunks(bytes);
  checkPixelData(chunks);
  const flat = flattenOnWhite(chunks.header.width, chunks.header.height, decodeRgba(chunks));
  return uprighted({ ...flat, notes: [...flat.notes, ...notesOf(chunks)] }, chunks.exif);
}

/** RGB8 to PNG bytes, colour type 2, 8 bits. */
export function encodePng({ width, height, rgb }: Picture): Buffer {
  const png = { width, height, data: Buffer.from(rgb.buffer, rgb.byteOffset, rgb.length) } as unknown as PNG;
  return PNG.sync.write(png, { colorType: 2, inputColorType: 2, inputHasAlpha: false });
}

/** Bytes the zlib stream of a PNG must inflate to: one filter byte and the packed samples of every row. */
function impliedBytes({ width, height, depth, colorType, interlaced }: PngHeader): number {
  const bits = CHANNELS[colorType]! * depth;
  const size = (w: number, h: number) => (w > 0 ? h * (1 + Math.ceil((w * bits) / 8)) : 0);
  if (!interlaced) return size(width, height);
  const steps = (length: number, start: number, step: number) =>
    Math.max(0, Math.ceil((length - start) / step));
  return ADAM7.reduce((sum, [x, y, dx, dy]) => sum + size(steps(width, x, dx), steps(height, y, dy)), 0);
}

/** pngjs would inflate without bound and fill missing rows, so the length is proved first. */
function checkPixelData({ header, compressed }: PngChunks): void {
  const expected = impliedBytes(header);
  const stream = Buffer.concat(compressed);
  // With `info` the call also tells how much input was used; @types/node does not know that form.
  const { buffer, engine } = inflate(stream, expected) as unknown as Inflated;
  if (buffer.length < expected)
    throw new Error(`its data ends after ${buffer.length} of ${expected} bytes of rows`);
  if (engine.bytesWritten < stream.length) throw new Error('surplus data follows its pixels');
}

interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function inflate(stream: Buffer, expected: number): unknown {
  try {
    return inflateSync(stream, { maxOutputLength: expected, info: true });
  } catch (error) {
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE')
      throw new Error('it holds more data than its header says');
    if (errorCode(error) === 'Z_BUF_ERROR') throw new Error('truncated: its pixel data ends too early');
    throw new Error(`broken pixel data (${messageOf(error)})`);
  }
}

function decodeRgba({ header, pixelChunks }: PngChunks): Uint8Array {
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const deep = header.depth === 16;
  // pngjs rounds 16 bits to 8; unscaled, it hands out the 16-bit samples.
  const { data } = PNG.sync.read(Buffer.concat([signature, ...pixelChunks]), { skipRescale: deep });
  return deep ? Uint8Array.from(data, (sample) => sample >> 8) : data;
}

function notesOf({ header, animated }: PngChunks): ConversionNote[] {
  const notes: ConversionNote[] = [];
  if (header.depth === 16) notes.push('16 bits reduced to 8');
  if (header.colorType === 0 || header.colorType === 4) notes.push('grey made RGB');
  if (animated) notes.push('first frame of an animation');
  return notes;
}
