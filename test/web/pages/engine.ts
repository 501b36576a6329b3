import { open } from '../../../src/web/index.ts';
import { testPixels } from '../test_pixels.ts';

// What tests call in the page: the sources of src/web, bundled.

const testPicture = (width: number, height: number, t = 0): Promise<ImageBitmap> =>
  createImageBitmap(new ImageData(testPixels(width, height, t), width, height));

const page = { open, testPicture };
export type EnginePage = typeof page;
Object.assign(globalThis, { page });
