import type { Picture } from '../../model/picture.ts';
import { resizePicture } from '../images/resize.ts';
import type { Size } from '../options.ts';
import { TeacherError } from './teacher.ts';

/** Models work on multiples of 8 or 16 pixels, so the shape may be off by that much. */
const SHAPE_TOLERANCE = 0.02;

/**
 * A teacher's picture at the size of the pairs: larger ones of the same shape are scaled down.
 * @throws TeacherError for one that is smaller, of another shape, or of a single colour, as safety filters and overflows
 * of half precision leave
 */
export async function fittingAnswer(picture: Picture, { width, height }: Size): Promise<Picture> {
  const shape = (picture.width * height) / (picture.height * width);
  const fits = picture.width >= width && picture.height >= height && Math.abs(shape - 1) <= SHAPE_TOLERANCE;
  if (!fits) {
    const got = `${picture.width}x${picture.height}`;
    throw new TeacherError(
      'skip',
      `its picture is ${got}; ${width}x${height} or more of that shape is needed`,
    );
  }
  if (isUniform(picture)) {
    throw new TeacherError(
      'skip',
      'its picture is a single colour (a safety filter, or values beyond range)',
    );
  }
  return resizePicture(picture, width, height);
}

function isUniform({ rgb }: Picture): boolean {
  for (let i = 3; i < rgb.length; i++) if (rgb[i] !== rgb[i - 3]) return false;
  return true;
}
