import { crc32, deflateSync } from 'node:zlib';

/** One PNG chunk with its length and checksum. */
export function chunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(named.length + 8);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), out.length - 4);
  return out;
}

/** The content of an IHDR chunk. */
export function ihdr(width: number, height: number, depth = 8, colorType = 2, interlace = 0): Buffer {
  const out = Buffer.alloc(13);
  out.writeUInt32BE(width, 0);
  out.writeUInt32BE(height, 4);
  out.set([depth, colorType, 0, 0, interlace], 8);
  return out;
}

/** A PNG from its chunks between signature and IEND. */
export function png(...chunks: readonly Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks, chunk('IEND')]);
}

/** An IDAT chunk with these filtered rows, deflated. */
export function idat(rows: Uint8Array): Buffer {
  return chunk('IDAT', deflateSync(rows));
}

/** A sound RGB PNG of one colour, as the starting point of damaged ones. */
export function plainPng(width: number, height: number, fill = 0): Buffer {
  return png(chunk('IHDR', ihdr(width, height)), idat(rows(width, height, fill)));
}

/** RGB rows of one value, each after filter byte 0. */
export function rows(width: number, height: number, fill = 0): Buffer {
  const out = Buffer.alloc(height * (1 + 3 * width), fill);
  for (let y = 0; y < height; y++) out[y * (1 + 3 * width)] = 0;
  return out;
}
