import { product, type Shape } from '../../src/runtime/shape.ts';
import type { WeightKind } from './graph.ts';

/** One float32 array in the runtime's layout. */
export interface Floats {
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Arrays by name. */
export type FloatsByName = ReadonlyMap<string, Floats>;

function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Uniform values of mean 0 and variance 1, from a seed: Mulberry32. */
function noise(seed: number, length: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    out[i] = (((t ^ (t >>> 14)) >>> 0) / 4294967296 - 0.5) * Math.sqrt(12);
  }
  return out;
}

/** Mean and deviation that keep a network's values near 1 through all its layers. */
function spread(kind: WeightKind | 'input', shape: Shape): readonly [mean: number, deviation: number] {
  if (kind === 'input') return [0, 0.5];
  if (kind === 'bias') return [0, 0.1];
  if (kind === 'scale') return [1, 0.1];
  // A transposed convolution of stride 2 adds up a quarter of its taps.
  const fanIn = kind === 'conv_transpose2d' ? product(shape) / shape[2]! / 4 : product(shape) / shape.at(-1)!;
  return [0, Math.sqrt(1 / fanIn)];
}

/** Seeded values for what a graph names; the same in every process. */
export function drawValues(
  named: ReadonlyMap<string, { shape: Shape; kind: WeightKind | 'input' }>,
): FloatsByName {
  return new Map(
    [...named].map(([name, { shape, kind }]) => {
      const [mean, deviation] = spread(kind, shape);
      const data = noise(hash(name), product(shape));
      for (let i = 0; i < data.length; i++) data[i] = mean + deviation * data[i]!;
      return [name, { shape, data }] as const;
    }),
  );
}
