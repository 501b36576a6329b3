import { hashedPrompt } from '../../../src/model/text.ts';
import type { FrameSource } from '../../../src/web/frame_source.ts';
import { open } from '../../../src/web/index.ts';

// What tests call in the page: the sources of src/web, bundled.

/** A picture that no symmetry leaves as it is, as the tests in Node draw it too. */
export function testPixels(width: number, height: number, t = 0): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      rgba[at] = (255 * x) / width;
      rgba[at + 1] = (255 * y) / height;
      rgba[at + 2] = 127 + 120 * Math.sin((x + 2 * y + t) / 5);
      rgba[at + 3] = 255;
    }
  return rgba;
}

const testPicture = (width: number, height: number, t = 0): Promise<ImageBitmap> =>
  createImageBitmap(new ImageData(testPixels(width, height, t), width, height));

/** All pixels of a canvas as it is shown. */
function pixelsOf(canvas: CanvasImageSource, width: number, height: number): number[] {
  const copy = new OffscreenCanvas(width, height).getContext('2d')!;
  copy.drawImage(canvas, 0, 0);
  return [...copy.getImageData(0, 0, width, height).data];
}

const page = { open, testPicture, testPixels, pixelsOf, hashedPrompt };
export type EnginePage = typeof page;
export type { FrameSource };

Object.assign(globalThis, { page });
