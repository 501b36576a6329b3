import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodePicture } from '../../src/cli/images/decode.ts';
import type { Native } from '../../src/cli/images/native.ts';
import type { Picture } from '../../src/model/picture.ts';

/** One reference picture: its size, and how far its pixels may be off. */
interface Case {
  readonly file: string;
  readonly size: readonly [number, number];
  readonly max_abs: number;
  readonly mean_abs?: number;
  readonly alpha?: boolean;
}

/** RGBA8 arrays by file name, from the reference safetensors file. */
async function expectedPixels(path: string): Promise<(name: string) => Uint8Array> {
  const bytes = await readFile(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
  const data = bytes.subarray(8 + headerLength);
  return (name) => data.subarray(...(header[name].data_offsets as [number, number]));
}

function difference(got: Picture, expected: Uint8Array): { largest: number; mean: number } {
  let largest = 0;
  let sum = 0;
  for (let pixel = 0; pixel < got.width * got.height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const off = Math.abs(got.rgb[3 * pixel + c]! - expected[4 * pixel + c]!);
      largest = Math.max(largest, off);
      sum += off;
    }
  }
  return { largest, mean: sum / got.rgb.length };
}

function wrongWith(got: Picture, one: Case, expected: (name: string) => Uint8Array): string | null {
  const [width, height] = one.size;
  if (got.width !== width || got.height !== height) return `is ${got.width}x${got.height}`;
  if (one.alpha) return null;
  const { max_abs, mean_abs = max_abs } = one;
  const { largest, mean } = difference(got, expected(one.file));
  if (largest > max_abs) return `largest difference ${largest}, allowed ${max_abs}`;
  return mean > mean_abs ? `mean difference ${mean}, allowed ${mean_abs}` : null;
}

/** How many reference pictures there are, and what is wrong with some of them. */
export interface Checked {
  readonly count: number;
  readonly wrong: readonly string[];
}

/**
 * Decodes every picture of a reference folder and compares its pixels.
 * @param native sharp, or null for the decoders that are always there; these must refuse CMYK in words
 */
export async function checkPictures(root: string, native: Native | null): Promise<Checked> {
  const { cases } = JSON.parse(await readFile(join(root, 'index.json'), 'utf8')) as { cases: Case[] };
  const expected = await expectedPixels(join(root, 'expected_rgba.safetensors'));
  const wrong: string[] = [];
  for (const one of cases) {
    const work = decodePicture(await readFile(join(root, one.file)), one.file, native);
    const found =
      native === null && one.file.includes('cmyk')
        ? await work.then(
            () => 'is not refused',
            ({ message }) => (/CMYK JPEG needs .*sharp/.test(message) ? null : message),
          )
        : await work.then(
            (got) => wrongWith(got, one, expected),
            ({ message }) => message,
          );
    if (found !== null) wrong.push(`${one.file}: ${found}`);
  }
  return { count: cases.length, wrong };
}
