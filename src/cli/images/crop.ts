import type { Picture } from '../../model/picture.ts';

/** The part of a picture with its upper left corner at (`left`, `top`). */
export function cropPicture(
  { width: from, rgb }: Picture,
  left: number,
  top: number,
  width: number,
  height: number,
): Picture {
  const out = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * from + left) * 3;
    out.set(rgb.subarray(start, start + width * 3), y * width * 3);
  }
  return { width, height, rgb: out };
}

/** The largest square in the middle of a picture. */
export function centreSquare(picture: Picture): Picture {
  const { width, height } = picture;
  if (width === height) return picture;
  const side = Math.min(width, height);
  return cropPicture(picture, (width - side) >> 1, (height - side) >> 1, side, side);
}

/**
 * The picture with its last column and row repeated until both sides are multiples of `multiple`; cropping the result
 * at (0, 0) gives it back.
 */
export function repeatEdges(picture: Picture, multiple: number): Picture {
  const up = (side: number) => Math.ceil(side / multiple) * multiple;
  const [width, height] = [up(picture.width), up(picture.height)];
  if (width === picture.width && height === picture.height) return picture;
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = Math.min(y, picture.height - 1) * picture.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.min(x, picture.width - 1)) * 3;
      rgb.set(picture.rgb.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, rgb };
}

/** The largest part in the middle of a picture that has the shape of `width` x `height`. */
export function centreCrop(picture: Picture, width: number, height: number): Picture {
  const scale = Math.min(picture.width / width, picture.height / height);
  const fit = (side: number, most: number) => Math.min(most, Math.max(1, Math.round(side * scale)));
  const [w, h] = [fit(width, picture.width), fit(height, picture.height)];
  if (w === picture.width && h === picture.height) return picture;
  return cropPicture(picture, (picture.width - w) >> 1, (picture.height - h) >> 1, w, h);
}
