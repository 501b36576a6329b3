import { crc32 } from 'node:zlib';
import { checkSize } from './limits.ts';

/** The fields of a PNG's IHDR chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

/** The chunks that make the pixels, checked; text, profiles and other side data are stepped over unopened. */
export interface PngChunks {
  readonly header: PngHeader;
  /** IHDR, PLTE, tRNS, IDAT and IEND with their lengths and CRCs, in file order. */
  readonly pixelChunks: readonly Uint8Array[];
  /** Contents of the IDAT chunks. */
  readonly compressed: readonly Uint8Array[];
  /** Content of eXIf, if there is one. */
  readonly exif: Uint8Array | undefined;
  readonly animated: boolean;
}

const SIGNATURE_BYTES = 8;
const MAX_SIDE_CHUNKS = 1000;
const PIXEL_CHUNK = /^(IHDR|PLTE|tRNS|IDAT|IEND)$/;
const DEPTHS: Record<number, readonly number[]> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
  readonly whole: Uint8Array;
}

/** Splits a PNG into chunks and checks structure, header and limits. @throws Error with the reason. */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  let header: PngHeader | undefined;
  let exif: Uint8Array | undefined;
  let animated = false;
  let sideChunks = 0;
  const pixelChunks: Uint8Array[] = [];
  const compressed: Uint8Array[] = [];
  for (const chunk of walkChunks(bytes)) {
    if (!header && chunk.type !== 'IHDR') throw new Error('its first chunk is not IHDR');
    if (chunk.type === 'IHDR') header = readHeader(chunk, header);
    else if (chunk.type === 'PLTE' || chunk.type === 'tRNS') checkTable(chunk);
    else if (chunk.type === 'IDAT') compressed.push(chunk.data);
    else if (chunk.type === 'IEND') {
      pixelChunks.push(chunk.whole);
      return { header: header!, pixelChunks, compressed, exif, animated };
    } else {
      if (/^[A-Z]/.test(chunk.type)) throw new Error(`its critical chunk ${chunk.type} is not known`);
      if (++sideChunks > MAX_SIDE_CHUNKS) throw new Error(`it has over ${MAX_SIDE_CHUNKS} side chunks`);
      if (chunk.type === 'eXIf') exif = chunk.data;
      animated ||= chunk.type === 'acTL';
      continue;
    }
    pixelChunks.push(chunk.whole);
  }
  throw new Error('truncated: it has no IEND chunk');
}

function* walkChunks(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = SIGNATURE_BYTES;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    if (!/^[A-Za-z]{4}$/.test(type)) throw new Error('broken: a chunk has no valid name');
    if (end > bytes.length) throw new Error(`truncated in chunk ${type}`);
    if (PIXEL_CHUNK.test(type) && crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw new Error(`broken: the checksum of chunk ${type} is wrong`);
    }
    yield { type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) };
    at = end;
  }
}

function readHeader({ data }: Chunk, earlier: PngHeader | undefined): PngHeader {
  if (earlier || data.length !== 13)
    throw new Error('broken: its header (IHDR) is doubled or of wrong length');
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, colorType, compression, filter, interlace] = data.subarray(8) as unknown as number[];
  if (!DEPTHS[colorType!]?.includes(depth!)) {
    throw new Error(`bit depth ${depth} with colour type ${colorType} is no PNG`);
  }
  if (compression !== 0 || filter !== 0 || interlace! > 1) {
    throw new Error('broken: its header names an unknown compression, filter or interlace method');
  }
  checkSize(width, height);
  return { width, height, depth: depth!, colorType: colorType!, interlaced: interlace === 1 };
}

function checkTable({ type, data }: Chunk): void {
  const limit = type === 'PLTE' ? 768 : 256;
  const whole = type !== 'PLTE' || data.length % 3 === 0;
  if (data.length > limit || !whole) throw new Error(`broken: chunk ${type} is ${data.length} bytes long`);
}
