import type { Picture } from '../../model/picture.ts';
import type { Decoded } from './decoded.ts';

const ORIENTATION_TAG = 0x0112;

/**
 * EXIF orientation 1..8 from a TIFF block as PNG (`eXIf`), WebP (`EXIF`) and JPEG (APP1) store it; 1 where absent or
 * malformed. Only the first directory is read. Needed because pngjs and the WebP codec do not look.
 */
export function exifOrientation(exif: Uint8Array): number {
  const prefixed = Buffer.from(exif.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
  const tiff = prefixed ? exif.subarray(6) : exif;
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const little = tiff[0] === 0x49;
  const first = view.getUint32(4, little);
  if (first + 2 > tiff.length) return 1;
  const count = view.getUint16(first, little);
  for (let i = 0; i < count; i++) {
    const entry = first + 2 + 12 * i;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Applies the orientation in `exif`, if there is one, and notes it. */
export function uprighted(decoded: Decoded, exif: Uint8Array | undefined): Decoded {
  const orientation = exif ? exifOrientation(exif) : 1;
  if (orientation === 1) return decoded;
  return {
    picture: turnUpright(decoded.picture, orientation),
    notes: [...decoded.notes, 'turned by its EXIF orientation'],
  };
}

/** The picture turned upright: pixel (x, y) of the result is read from where EXIF orientation 1..8 put it. */
export function turnUpright(picture: Picture, orientation: number): Picture {
  if (orientation === 1) return picture;
  const swaps = orientation >= 5;
  const width = swaps ? picture.height : picture.width;
  const height = swaps ? picture.width : picture.height;
  const flipX = [2, 3, 7, 8].includes(orientation);
  const flipY = [3, 4, 6, 7].includes(orientation);
  const rgb = new Uint8Array(width * height * 3);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = swaps ? [y, x] : [x, y];
      const fromX = flipX ? picture.width - 1 - u : u;
      const fromY = flipY ? picture.height - 1 - v : v;
      const from = 3 * (fromY * picture.width + fromX);
      rgb[to++] = picture.rgb[from]!;
      rgb[to++] = picture.rgb[from + 1]!;
      rgb[to++] = picture.rgb[from + 2]!;
    }
  }
  return { width, height, rgb };
}
