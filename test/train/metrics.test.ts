import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Picture } from '../../src/model/picture.ts';
import { meanAbsoluteError, peakSignalToNoise, structuralSimilarity } from '../../src/train/metrics.ts';

const picture = (width: number, height: number, value: (i: number) => number): Picture => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => value(i)),
});
const grey = (side: number, value: (x: number, y: number) => number) =>
  picture(side, side, (i) => value(Math.floor(i / 3) % side, Math.floor(i / 3 / side)));
const near = (got: number, expected: number, tolerance = 1e-12) =>
  assert.ok(Math.abs(got - expected) <= tolerance, `${got} is not ${expected}`);

const texture = grey(16, (x, y) => (x * 37 + y * 91 + ((x * y) % 7) * 11) % 256);

test('L1 and PSNR by hand', () => {
  const a = picture(2, 1, (i) => [0, 10, 20, 30, 40, 50][i]!);
  const b = picture(2, 1, (i) => [0, 13, 20, 26, 40, 50][i]!);
  near(meanAbsoluteError(a, b), 7 / 6 / 255);
  near(peakSignalToNoise(a, b), 10 * Math.log10(65025 / (25 / 6)));
  near(
    peakSignalToNoise(
      picture(3, 3, () => 0),
      picture(3, 3, () => 255),
    ),
    0,
  );
});

test('a picture equals itself', () => {
  assert.is(meanAbsoluteError(texture, texture), 0);
  assert.is(peakSignalToNoise(texture, texture), Number.POSITIVE_INFINITY);
  near(structuralSimilarity(texture, texture), 1);
});

test('all three are symmetric', () => {
  const other = grey(16, (x, y) => (x * 5 + y * 3) % 256);
  for (const metric of [meanAbsoluteError, peakSignalToNoise, structuralSimilarity]) {
    near(metric(texture, other), metric(other, texture));
  }
});

test('SSIM of two flat pictures is its luminance term', () => {
  const c1 = 2.55 ** 2;
  const [a, b] = [100, 150];
  const flat = (value: number) => picture(11, 11, () => value);
  near(structuralSimilarity(flat(a), flat(b)), (2 * a * b + c1) / (a * a + b * b + c1), 1e-9);
});

test('SSIM of one window by the definition', () => {
  const a = grey(11, (x, y) => (x * 20 + y * 3) % 256);
  const b = grey(11, (x, y) => (x * 13 + y * 17 + 40) % 256);
  let [sum, ma, mb] = [0, 0, 0];
  const weight = (i: number) =>
    Math.exp(-(((i % 11) - 5) ** 2 + (Math.floor(i / 11) - 5) ** 2) / (2 * 1.5 ** 2));
  for (let i = 0; i < 121; i++) {
    sum += weight(i);
    ma += weight(i) * a.rgb[3 * i]!;
    mb += weight(i) * b.rgb[3 * i]!;
  }
  ma /= sum;
  mb /= sum;
  let [va, vb, cov] = [0, 0, 0];
  for (let i = 0; i < 121; i++) {
    const [da, db] = [a.rgb[3 * i]! - ma, b.rgb[3 * i]! - mb];
    va += (weight(i) / sum) * da * da;
    vb += (weight(i) / sum) * db * db;
    cov += (weight(i) / sum) * da * db;
  }
  const [c1, c2] = [2.55 ** 2, 7.65 ** 2];
  const expected = ((2 * ma * mb + c1) * (2 * cov + c2)) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
  near(structuralSimilarity(a, b), expected, 1e-10);
});

test('SSIM is taken on luma: colours of equal luma are alike, and an inverted texture is unlike', () => {
  const inverted = grey(16, (x, y) => 255 - texture.rgb[3 * (y * 16 + x)]!);
  assert.ok(structuralSimilarity(texture, inverted) < 0);
  const red = picture(11, 11, (i) => (i % 3 === 0 ? 114 : 0));
  const blue = picture(11, 11, (i) => (i % 3 === 2 ? 255 : 0));
  const [r, b] = [0.299 * 114, 0.114 * 255];
  near(structuralSimilarity(red, blue), (2 * r * b + 2.55 ** 2) / (r * r + b * b + 2.55 ** 2), 1e-9);
});

test('unequal sizes and pictures under 11 pixels are refused', () => {
  const small = picture(10, 11, () => 1);
  assert.throws(() => structuralSimilarity(small, small), /10x11/);
  assert.throws(() => meanAbsoluteError(small, texture), /10x11 and 16x16/);
  assert.throws(() => peakSignalToNoise(small, texture), /differ in size/);
});

test.run();
