import { checkSize } from './limits.ts';

/** What the container of a WebP file tells. */
export interface WebpHeader {
  readonly animated: boolean;
  /** Content of the EXIF chunk, if there is one. */
  readonly exif: Uint8Array | undefined;
}

/** Checks that a WebP file is whole and of an accepted size. @throws Error with the reason. */
export function readWebpHeader(bytes: Uint8Array): WebpHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 20) throw new Error('truncated in its header');
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) throw new Error(`truncated: ${bytes.length} of ${end} bytes are there`);
  let exif: Uint8Array | undefined;
  let animated = false;
  let sized = false;
  for (let at = 12; at + 8 <= end; ) {
    const name = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    const length = view.getUint32(at + 4, true);
    const data = bytes.subarray(at + 8, at + 8 + length);
    if (at + 8 + length > end) throw new Error(`truncated in chunk ${name.trim()}`);
    if (name === 'EXIF') exif = data;
    if (name === 'VP8X') animated = ((data[0] ?? 0) & 2) !== 0;
    if (name in SIZES) {
      checkSize(...SIZES[name]!(data));
      sized = true;
    }
    at += 8 + length + (length % 2);
  }
  if (!sized) throw new Error('broken: it holds no picture');
  return { animated, exif };
}

const u24 = (d: Uint8Array, at: number) => (d[at] ?? 0) + 256 * (d[at + 1] ?? 0) + 65536 * (d[at + 2] ?? 0);
const low14 = (value: number) => value & 0x3fff;

/** Width and height from the three chunks that can carry them. */
const SIZES: Record<string, (data: Uint8Array) => [number, number]> = {
  VP8X: (d) => [1 + u24(d, 4), 1 + u24(d, 7)],
  'VP8 ': (d) => [low14(u24(d, 6)), low14(u24(d, 8))],
  VP8L: (d) => [1 + low14(u24(d, 1)), 1 + low14(Math.floor((u24(d, 2) + 16777216 * (d[5] ?? 0)) / 64))],
};
