import type { Picture } from './picture.ts';
import { gaussians } from './seeded.ts';
import { hashedPrompt, PROMPT_TOKENS } from './text.ts';

/** Edge that pictures are averaged down to, filters of the two layers, bins of the histograms. */
const EDGE = 64;
const FIRST = 16;
const SECOND = 20;
const BINS = 8;

/** Values of a picture's stand-in feature: 8 of colour, 8 of light, 8 of edges, 40 of random filters. */
export const STAND_IN_DIMENSIONS = 8 + BINS + BINS + 2 * SECOND;

/** Square planes of samples, `[edge, edge, channels]`. */
interface Planes {
  readonly edge: number;
  readonly channels: number;
  readonly data: Float64Array;
}

/** The picture at 64 x 64 by averaging areas (nearest pixel where it is smaller), samples in [0, 1]. */
function reduced({ width, height, rgb }: Picture): Planes {
  const data = new Float64Array(EDGE * EDGE * 3);
  const span = (i: number, length: number): [number, number] => {
    const begin = Math.floor((i * length) / EDGE);
    return [begin, Math.max(begin + 1, Math.floor(((i + 1) * length) / EDGE))];
  };
  for (let y = 0; y < EDGE; y++) {
    const [top, bottom] = span(y, height);
    for (let x = 0; x < EDGE; x++) {
      const [left, right] = span(x, width);
      const share = 1 / (255 * (bottom - top) * (right - left));
      for (let v = top; v < bottom; v++)
        for (let u = left; u < right; u++)
          for (let c = 0; c < 3; c++) data[(y * EDGE + x) * 3 + c]! += share * rgb[(v * width + u) * 3 + c]!;
    }
  }
  return { edge: EDGE, channels: 3, data };
}

/** Mean and standard deviation of each channel. */
function moments({ channels, data }: Planes): number[] {
  const count = data.length / channels;
  const [sums, squares] = [new Float64Array(channels), new Float64Array(channels)];
  for (let i = 0; i < data.length; i++) {
    sums[i % channels]! += data[i]!;
    squares[i % channels]! += data[i]! * data[i]!;
  }
  return [...sums].flatMap((sum, c) => {
    const mean = sum / count;
    return [mean, Math.sqrt(Math.max(0, squares[c]! / count - mean * mean))];
  });
}

/** Red, green, blue and chroma (largest less smallest): mean and deviation of each. */
function colourStatistics({ edge, data }: Planes): number[] {
  const four = new Float64Array(edge * edge * 4);
  for (let i = 0; i < edge * edge; i++) {
    const [r, g, b] = [data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!];
    four.set([r, g, b, Math.max(r, g, b) - Math.min(r, g, b)], 4 * i);
  }
  return moments({ edge, channels: 4, data: four });
}

/** Shares of pixels by light; each is split between the two nearest of the bins, so that it changes smoothly. */
function lightHistogram(light: Float64Array): number[] {
  const bins = Array<number>(BINS).fill(0);
  for (const value of light) {
    const at = Math.min(1, Math.max(0, value)) * (BINS - 1);
    const low = Math.min(BINS - 2, Math.floor(at));
    bins[low]! += (low + 1 - at) / light.length;
    bins[low + 1]! += (at - low) / light.length;
  }
  return bins;
}

/** Mean gradient by direction: the slope is divided among eight sectors by the octant that it points to. */
function edgeHistogram(light: Float64Array): number[] {
  const bins = Array<number>(BINS).fill(0);
  for (let y = 1; y < EDGE - 1; y++)
    for (let x = 1; x < EDGE - 1; x++) {
      const at = y * EDGE + x;
      const dx = light[at + 1]! - light[at - 1]!;
      const dy = light[at + EDGE]! - light[at - EDGE]!;
      const steep = Number(Math.abs(dy) > Math.abs(dx));
      const octant = 4 * Number(dy < 0) + 2 * Number(dx < 0) + steep;
      bins[octant]! += Math.sqrt(dx * dx + dy * dy);
    }
  const places = (EDGE - 2) ** 2;
  return bins.map((sum) => (BINS * sum) / places);
}

/** A convolution of stride 2 without padding, then ReLU; weights N(0, 2 / inputs), of a seed. */
function randomLayer(x: Planes, kernel: number, out: number, seed: number): Planes {
  const inputs = kernel * kernel * x.channels;
  const weights = gaussians(seed, inputs * out);
  const gain = Math.sqrt(2 / inputs);
  const edge = Math.floor((x.edge - kernel) / 2) + 1;
  const data = new Float64Array(edge * edge * out);
  const row = kernel * x.channels;
  for (let y = 0; y < edge; y++)
    for (let u = 0; u < edge; u++)
      for (let o = 0; o < out; o++) {
        let sum = 0;
        for (let k = 0; k < kernel; k++) {
          const from = ((2 * y + k) * x.edge + 2 * u) * x.channels;
          const w = (o * kernel + k) * row;
          for (let i = 0; i < row; i++) sum += x.data[from + i]! * weights[w + i]!;
        }
        data[(y * edge + u) * out + o] = Math.max(0, sum * gain);
      }
  return { edge, channels: out, data };
}

/**
 * A stand-in for CLIP's and Inception's features of pictures where their weights are absent: statistics of colour,
 * light and edges, and means and deviations of two layers of fixed random filters (5 x 5, then 3 x 3, ReLU, seeds 1 and
 * 2) on the picture at 64 x 64. The same picture gives the same bits on every machine. It tells textures and palettes
 * apart and knows no objects; distances by it are not comparable with published FID or KID.
 *
 * @returns `[64]`
 */
export function standInPicture(picture: Picture): Float32Array {
  const x = reduced(picture);
  const light = Float64Array.from({ length: EDGE * EDGE }, (_, i) => {
    return 0.299 * x.data[3 * i]! + 0.587 * x.data[3 * i + 1]! + 0.114 * x.data[3 * i + 2]!;
  });
  const centred = { ...x, data: x.data.map((v) => 2 * v - 1) };
  const filtered = randomLayer(randomLayer(centred, 5, FIRST, 1), 3, SECOND, 2);
  return Float32Array.of(
    ...colourStatistics(x),
    ...lightHistogram(light),
    ...edgeHistogram(light),
    ...moments(filtered),
  );
}

/** Values of a prompt's stand-in feature, as many as CLIP ViT-B/32 has. */
export const STAND_IN_PROMPT_DIMENSIONS = 512;

/**
 * A stand-in for CLIP's feature of a prompt: the sum of its words' hashed directions, of length 1. Prompts that share
 * words are alike; meaning is unknown to it.
 *
 * @returns `[512]`; zeros where the prompt has no word
 */
export function standInPrompt(prompt: string): Float32Array {
  const width = STAND_IN_PROMPT_DIMENSIONS;
  const whole = hashedPrompt(prompt, width).subarray((PROMPT_TOKENS - 1) * width);
  const length = Math.sqrt(whole.reduce((sum, v) => sum + v * v, 0));
  return length > 0 ? whole.map((v) => v / length) : Float32Array.from(whole);
}
