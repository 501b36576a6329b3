import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { product, type Shape } from '../../src/runtime/shape.ts';
import type { FloatsByName } from './values.ts';

// Apart from values.ts, which browsers load too.

/** Where an array lies in a file of float32. */
export interface Place {
  readonly name: string;
  readonly shape: Shape;
  readonly offset: number;
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
