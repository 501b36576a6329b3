import type { Picture } from '../model/picture.ts';
import { Random } from './random.ts';

/** A picture before and after an edit, equally large. */
export interface Pair {
  readonly input: Picture;
  readonly target: Picture;
}

/** What one sample of a batch is: which pair, which part of it, and whether mirrored. */
export interface Sample {
  readonly index: number;
  /** Place of the crop's left and top edge as a share of the room there is, in [0, 1). */
  readonly left: number;
  readonly top: number;
  readonly flip: boolean;
}

/** How samples are drawn: `count` pairs in a new order each epoch. */
export interface Sampling {
  readonly count: number;
  readonly seed: number;
  readonly flip: boolean;
}

/**
 * Sample number `n` of a run, from the seed alone: nothing needs to be remembered to go on after a stop. Every pair
 * comes once per epoch.
 */
export function drawSample({ count, seed, flip }: Sampling, n: number): Sample {
  const random = new Random(seed);
  const index = epochOrder(random, count, Math.floor(n / count))[n % count]!;
  const own = random.fork(`sample ${n}`);
  return { index, left: own.next(), top: own.next(), flip: flip && own.next() < 0.5 };
}

let known: { key: string; order: readonly number[] } | null = null;

/** The order of one epoch; the latest is kept, since samples are drawn one after the other. */
function epochOrder(random: Random, count: number, epoch: number): readonly number[] {
  const key = `${JSON.stringify(random.state)} ${count} ${epoch}`;
  if (known?.key !== key) {
    const order = Array.from({ length: count }, (_, i) => i);
    random.fork(`epoch ${epoch}`).shuffle(order);
    known = { key, order };
  }
  return known.order;
}

/**
 * Writes the crop of a picture as values in [-1, 1] at `offset` of `out`, `[size, size, 3]`.
 *
 * @throws Error where the picture is smaller than the crop
 */
export function cropInto(
  out: Float32Array,
  offset: number,
  picture: Picture,
  sample: Sample,
  size: number,
): void {
  const { width, height, rgb } = picture;
  if (width < size || height < size)
    throw new Error(`a picture of ${width}x${height} is smaller than the crop of ${size}`);
  const x0 = Math.floor(sample.left * (width - size + 1));
  const y0 = Math.floor(sample.top * (height - size + 1));
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const from = ((y0 + y) * width + x0 + (sample.flip ? size - 1 - x : x)) * 3;
      const to = offset + (y * size + x) * 3;
      for (let c = 0; c < 3; c++) out[to + c] = rgb[from + c]! / 127.5 - 1;
    }
}
