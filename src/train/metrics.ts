import type { Picture } from '../model/picture.ts';

const WINDOW = 11;
const SIGMA = 1.5;
const PEAK = 255;
const C1 = (0.01 * PEAK) ** 2;
const C2 = (0.03 * PEAK) ** 2;

/**
 * Mean absolute difference over all samples of R, G and B, with samples in [0, 1].
 * @throws RangeError if the sizes differ.
 */
export function meanAbsoluteError(a: Picture, b: Picture): number {
  checkSameSize(a, b);
  const sum = a.rgb.reduce((total, value, i) => total + Math.abs(value - b.rgb[i]!), 0);
  return sum / a.rgb.length / PEAK;
}

/**
 * Peak signal-to-noise ratio in dB, `10 log10(255^2 / mse)` with one mean squared error over R, G and B; Infinity for
 * equal pictures.
 * @throws RangeError if the sizes differ.
 */
export function peakSignalToNoise(a: Picture, b: Picture): number {
  checkSameSize(a, b);
  const sum = a.rgb.reduce((total, value, i) => total + (value - b.rgb[i]!) ** 2, 0);
  return 10 * Math.log10(PEAK ** 2 / (sum / a.rgb.length));
}

/**
 * Structural similarity, at most 1, as in Wang, Bovik, Sheikh and Simoncelli (2004): on luma
 * `0.299 R + 0.587 G + 0.114 B` in [0, 255], under an 11x11 Gaussian window of sigma 1.5 with weights that add up to 1,
 * K1 = 0.01, K2 = 0.03; the mean over the windows that lie wholly inside the picture (no padding at the borders).
 * @throws RangeError if the sizes differ or a side is under 11 pixels.
 */
export function structuralSimilarity(a: Picture, b: Picture): number {
  checkSameSize(a, b);
  const { width, height } = a;
  if (width < WINDOW || height < WINDOW) {
    throw new RangeError(
      `structural similarity needs ${WINDOW}x${WINDOW} pixels or more, got ${width}x${height}`,
    );
  }
  const x = luma(a);
  const y = luma(b);
  const mean = (value: (i: number) => number) =>
    blur(
      Float64Array.from(x, (_, i) => value(i)),
      width,
      height,
    );
  const meanX = mean((i) => x[i]!);
  const meanY = mean((i) => y[i]!);
  const meanXX = mean((i) => x[i]! * x[i]!);
  const meanYY = mean((i) => y[i]! * y[i]!);
  const meanXY = mean((i) => x[i]! * y[i]!);
  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const product = meanX[i]! * meanY[i]!;
    const squares = meanX[i]! ** 2 + meanY[i]! ** 2;
    const covariance = meanXY[i]! - product;
    const variances = meanXX[i]! + meanYY[i]! - squares;
    sum += ((2 * product + C1) * (2 * covariance + C2)) / ((squares + C1) * (variances + C2));
  }
  return sum / meanX.length;
}

function checkSameSize(a: Picture, b: Picture): void {
  if (a.width !== b.width || a.height !== b.height) {
    throw new RangeError(`pictures differ in size: ${a.width}x${a.height} and ${b.width}x${b.height}`);
  }
}

function luma({ width, height, rgb }: Picture): Float64Array {
  return Float64Array.from({ length: width * height }, (_, i) => {
    return 0.299 * rgb[3 * i]! + 0.587 * rgb[3 * i + 1]! + 0.114 * rgb[3 * i + 2]!;
  });
}

const GAUSSIAN = gaussian();

function gaussian(): Float64Array {
  const centre = (WINDOW - 1) / 2;
  const weights = Float64Array.from({ length: WINDOW }, (_, i) =>
    Math.exp(-((i - centre) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Gaussian means of `map` over the windows inside it: `(width - 10) x (height - 10)` values. */
function blur(map: Float64Array, width: number, height: number): Float64Array {
  const inner = width - WINDOW + 1;
  const rows = new Float64Array(inner * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < inner; x++) rows[y * inner + x] = weightedSum(map, y * width + x, 1);
  }
  const means = new Float64Array(inner * (height - WINDOW + 1));
  for (let i = 0; i < means.length; i++) means[i] = weightedSum(rows, i, inner);
  return means;
}

function weightedSum(values: Float64Array, start: number, stride: number): number {
  let sum = 0;
  for (let k = 0; k < WINDOW; k++) sum += GAUSSIAN[k]! * values[start + k * stride]!;
  return sum;
}
