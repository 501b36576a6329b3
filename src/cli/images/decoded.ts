import type { Picture } from '../../model/picture.ts';

/** What had to be changed to make a file's pixels 8-bit sRGB without alpha; `data check` counts these. */
export type ConversionNote =
  | 'alpha flattened on white'
  | '16 bits reduced to 8'
  | 'turned by its EXIF orientation'
  | 'grey made RGB'
  | 'CMYK made RGB without a colour profile'
  | 'first frame of an animation';

/** A picture as read from a file, and what was converted on the way. */
export interface Decoded {
  readonly picture: Picture;
  readonly notes: readonly ConversionNote[];
}

/** RGBA8 to RGB8, alpha flattened on white: `round((c * a + 255 * (255 - a)) / 255)`. */
export function flattenOnWhite(width: number, height: number, rgba: Uint8Array): Decoded {
  const rgb = new Uint8Array(width * height * 3);
  let translucent = false;
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    translucent ||= alpha !== 255;
    for (let c = 0; c < 3; c++) {
      const value = rgba[from + c]!;
      rgb[to + c] = alpha === 255 ? value : Math.round((value * alpha + 255 * (255 - alpha)) / 255);
    }
  }
  return { picture: { width, height, rgb }, notes: translucent ? ['alpha flattened on white'] : [] };
}

/** CMYK8 (0 = no ink) to RGB8 without a colour profile: `r = (255 - c) * (255 - k) / 255`. */
export function cmykToRgb(width: number, height: number, cmyk: Uint8Array): Decoded {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    const light = 255 - cmyk[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = Math.round(((255 - cmyk[from + c]!) * light) / 255);
  }
  return { picture: { width, height, rgb }, notes: ['CMYK made RGB without a colour profile'] };
}
