import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { product, type Shape } from '../../src/runtime/shape.ts';
import type { WeightKind } from './graph.ts';

/** One float32 array in the runtime's layout. */
export interface Floats {
  readonly shape: Shape;
  readonly data: Float32Array<ArrayBuffer>;
}

/** Arrays by name. */
export type FloatsByName = ReadonlyMap<string, Floats>;

/** Where an array lies in a file of float32. */
export interface Place {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
}

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

/** Writes arrays one after another as little-endian float32: other languages read that without a library. */
export async function writeFloats(folder: string, file: string, values: FloatsByName): Promise<Place[]> {
  let offset = 0;
  const places = [...values].map(([name, { shape, data }]) => {
    const place = { name, shape, offset };
    offset += data.length;
    return place;
  });
  const all = new Float32Array(offset);
  for (const [i, { data }] of [...values.values()].entries()) all.set(data, places[i]!.offset);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, file), new Uint8Array(all.buffer));
  return places;
}

/** Reads what {@link writeFloats} wrote. */
export async function readFloats(
  folder: string,
  file: string,
  places: readonly Place[],
): Promise<FloatsByName> {
  const bytes = await readFile(join(folder, file));
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return new Map(
    places.map(({ name, shape, offset }) => [
      name,
      { shape, data: all.slice(offset, offset + product(shape)) },
    ]),
  );
}
