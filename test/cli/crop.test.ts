import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { centreSquare, cropPicture, repeatEdges } from '../../src/cli/images/crop.ts';
import type { Picture } from '../../src/model/picture.ts';
import { noisePicture } from './small_model.ts';

/** A picture whose pixel (x, y) is [x, y, 0]. */
function places(width: number, height: number): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.set([i % width, Math.floor(i / width)], 3 * i);
  return { width, height, rgb };
}

const pixel = ({ width, rgb }: Picture, x: number, y: number): number[] => [
  ...rgb.subarray((y * width + x) * 3, (y * width + x) * 3 + 2),
];

test('the edge is repeated up to multiples, and cropping gives the picture back', () => {
  for (const [width, height, wide, high] of [
    [1, 1, 8, 8],
    [8, 16, 8, 16],
    [9, 7, 16, 8],
    [3, 2000, 8, 2000],
  ] as const) {
    const picture = noisePicture(width, height, 1);
    const whole = repeatEdges(picture, 8);
    assert.equal([whole.width, whole.height], [wide, high]);
    assert.is(whole.rgb.length, wide * high * 3);
    assert.equal(cropPicture(whole, 0, 0, width, height), picture);
  }
  const whole = repeatEdges(places(9, 7), 8);
  assert.equal(pixel(whole, 15, 3), [8, 3]);
  assert.equal(pixel(whole, 4, 7), [4, 6]);
  assert.equal(pixel(whole, 15, 7), [8, 6]);
});

test('a crop and the middle square come from the right place', () => {
  const crop = cropPicture(places(10, 8), 3, 2, 4, 5);
  assert.equal([crop.width, crop.height, pixel(crop, 0, 0), pixel(crop, 3, 4)], [4, 5, [3, 2], [6, 6]]);
  const wide = centreSquare(places(10, 4));
  assert.equal([wide.width, wide.height, pixel(wide, 0, 0)], [4, 4, [3, 0]]);
  const tall = centreSquare(places(4, 9));
  assert.equal([tall.width, tall.height, pixel(tall, 3, 3)], [4, 4, [3, 5]]);
});

test.run();
