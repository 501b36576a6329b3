import type SharpFactory from 'sharp';
import type { Sharp } from 'sharp';
import { type ConversionNote, cmykToRgb, type Decoded, flattenOnWhite } from './decoded.ts';
import { checkSize, MAX_PIXELS } from './limits.ts';

/** The `sharp` package: decoders for the rarer formats, and resizing. */
export type Native = typeof SharpFactory;

let loaded: Promise<Native | null> | undefined;

/** `sharp` where it is installed, else null: it is an optional dependency. */
export function loadNative(): Promise<Native | null> {
  loaded ??= import('sharp').then(
    (module) => module.default,
    () => null,
  );
  return loaded;
}

/**
 * AVIF, TIFF, animated WebP or CMYK JPEG bytes to RGB8 with sharp: first page, EXIF orientation applied, ICC profile
 * ignored, alpha flattened on white. @throws Error
 */
export async function decodeNative(sharp: Native, bytes: Uint8Array): Promise<Decoded> {
  const open = () => sharp(bytes, { failOn: 'warning', limitInputPixels: MAX_PIXELS, ignoreIcc: true });
  const about = await open().metadata();
  checkSize(about.width, about.height);
  const notes: ConversionNote[] = [];
  if (about.orientation && about.orientation > 1) notes.push('turned by its EXIF orientation');
  if (about.depth === 'ushort') notes.push('16 bits reduced to 8');
  if (about.pages && about.pages > 1) notes.push('first frame of an animation');
  const upright = open().autoOrient();
  const decoded = about.space === 'cmyk' ? await fromCmyk(upright) : await fromRgb(upright);
  return { picture: decoded.picture, notes: [...notes, ...decoded.notes] };
}

async function fromRgb(source: Sharp): Promise<Decoded> {
  const rgba = source.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' });
  const { data, info } = await rgba.toBuffer({ resolveWithObject: true });
  return flattenOnWhite(info.width, info.height, data);
}

async function fromCmyk(source: Sharp): Promise<Decoded> {
  const cmyk = source.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' });
  const { data, info } = await cmyk.toBuffer({ resolveWithObject: true });
  if (info.channels !== 4) throw new Error(`CMYK with ${info.channels} channels is not read; save it as RGB`);
  return cmykToRgb(info.width, info.height, data);
}
