import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodePicture } from '../../src/cli/images/decode.ts';
import { loadNative, type Native } from '../../src/cli/images/native.ts';
import type { Picture } from '../../src/model/picture.ts';
import { sharedFolder } from './scratch.ts';

interface Case {
  readonly file: string;
  readonly size: readonly [number, number];
  readonly max_abs: number;
  readonly mean_abs?: number;
  readonly alpha?: boolean;
}

const folder = sharedFolder('images');

/** RGBA8 arrays by file name, from the reference safetensors file. */
async function expectedPixels(path: string): Promise<(name: string) => Uint8Array> {
  const bytes = await readFile(path);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerLength));
  const data = bytes.subarray(8 + headerLength);
  return (name) => data.subarray(...(header[name].data_offsets as [number, number]));
}

function compare(got: Picture, expected: Uint8Array, { file, max_abs, mean_abs }: Case): void {
  let largest = 0;
  let sum = 0;
  for (let pixel = 0; pixel < got.width * got.height; pixel++) {
    for (let c = 0; c < 3; c++) {
      const difference = Math.abs(got.rgb[3 * pixel + c]! - expected[4 * pixel + c]!);
      largest = Math.max(largest, difference);
      sum += difference;
    }
  }
  assert.ok(largest <= max_abs, `${file}: largest difference ${largest}, allowed ${max_abs}`);
  const mean = sum / got.rgb.length;
  assert.ok(mean <= (mean_abs ?? max_abs), `${file}: mean difference ${mean}, allowed ${mean_abs}`);
}

async function checkAll(
  root: string,
  native: Native | null,
  refuses: (file: string) => boolean,
): Promise<number> {
  const { cases } = JSON.parse(await readFile(join(root, 'index.json'), 'utf8')) as { cases: Case[] };
  const expected = await expectedPixels(join(root, 'expected_rgba.safetensors'));
  for (const one of cases) {
    const work = decodePicture(await readFile(join(root, one.file)), one.file, native);
    if (refuses(one.file)) {
      const error = await work.then(
        () => undefined,
        (reason: Error) => reason,
      );
      assert.match(error?.message ?? 'no error', /CMYK JPEG needs .*sharp/);
      continue;
    }
    const got = await work;
    assert.equal([got.width, got.height], [...one.size], one.file);
    if (!one.alpha) compare(got, expected(one.file), one);
  }
  return cases.length;
}

const whereShared = folder ? test : test.skip;

whereShared('every reference picture is decoded within its tolerance, by sharp', async () => {
  const native = await loadNative();
  if (!native) return console.log('skipped: the optional package sharp is not installed');
  assert.is(await checkAll(folder!, native, () => false), 118);
});

whereShared(
  'every reference picture is decoded within its tolerance, without sharp; CMYK is refused',
  async () => {
    assert.is(await checkAll(folder!, null, (file) => file.includes('cmyk')), 118);
  },
);

test.run();
