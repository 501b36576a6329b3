import type { Picture } from '../../model/picture.ts';
import { messageOf, UserError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import { type Decoded, flattenOnWhite } from './decoded.ts';
import { type PictureFormat, sniffFormat } from './format.ts';
import { readJpegHeader } from './jpeg_header.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { decodeNative, loadNative, type Native } from './native.ts';
import { uprighted } from './orientation.ts';
import { decodePng } from './png.ts';
import { decodeWasm } from './wasm.ts';
import { readWebpHeader } from './webp_header.ts';

const LONGEST_REASON = 300;

/**
 * A picture file's bytes to RGB8 sRGB, with notes on what was converted. The format is chosen by content: PNG goes
 * through pngjs, JPEG and WebP through wasm (the same pixels everywhere, and every decoder warning is seen; sharp
 * misses those of the last rows), the rest through sharp, of which `native` = null means that it is absent.
 * @throws UserError `name: reason` for anything that is not one whole picture within the limits.
 */
export async function decodeWithNotes(
  bytes: Uint8Array,
  name: string,
  native?: Native | null,
): Promise<Decoded> {
  try {
    const format = sniffFormat(bytes);
    if (format === 'png') return decodePng(bytes);
    if (format === 'jpeg') return await decodeJpeg(bytes, native);
    if (format === 'webp') return await decodeWebp(bytes, native);
    return await decodeRare(format, bytes, native);
  } catch (error) {
    // libtiff and libvips write pages about a broken file.
    const reason = messageOf(error).split('\n', 1)[0]!.slice(0, LONGEST_REASON);
    throw new UserError(`${name}: cannot use this picture: ${reason}`, 1, { cause: error });
  }
}

/** `decodeWithNotes` for those who want the picture alone. */
export async function decodePicture(
  bytes: Uint8Array,
  name: string,
  native?: Native | null,
): Promise<Picture> {
  return (await decodeWithNotes(bytes, name, native)).picture;
}

/** Reads and decodes one picture file. @throws UserError naming the file. */
export async function readPicture(path: string): Promise<Picture> {
  return decodePicture(await readRegularFile(path, MAX_FILE_BYTES), path);
}

async function decodeJpeg(bytes: Uint8Array, native?: Native | null): Promise<Decoded> {
  const { components, exif } = readJpegHeader(bytes);
  if (components === 4) return decodeRare('CMYK JPEG', bytes, native);
  const { width, height, data } = await decodeWasm('jpeg', bytes);
  const decoded = uprighted(flattenOnWhite(width, height, data), exif);
  return components === 1 ? { ...decoded, notes: [...decoded.notes, 'grey made RGB'] } : decoded;
}

async function decodeWebp(bytes: Uint8Array, native?: Native | null): Promise<Decoded> {
  const { animated, exif } = readWebpHeader(bytes);
  if (animated) return decodeRare('animated WebP', bytes, native);
  const { width, height, data } = await decodeWasm('webp', bytes);
  return uprighted(flattenOnWhite(width, height, data), exif);
}

async function decodeRare(
  format: PictureFormat | 'CMYK JPEG' | 'animated WebP',
  bytes: Uint8Array,
  native: Native | null | undefined,
): Promise<Decoded> {
  const sharp = native === undefined ? await loadNative() : native;
  if (sharp) return decodeNative(sharp, bytes);
  throw new Error(`${format} needs the optional package sharp (npm install sharp); or save it as an RGB PNG`);
}
