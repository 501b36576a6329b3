import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { decodePicture } from '../../src/cli/images/decode.ts';
import { loadNative, type Native } from '../../src/cli/images/native.ts';
import type { Random } from '../../src/train/random.ts';
import { chunk, idat, ihdr, plainPng, png } from '../cli/png_builder.ts';
import { checkPictures } from '../cli/reference_pictures.ts';
import { exifBlock, jpegWithExif, tinyJpeg, tinyWebp } from '../cli/tiny_pictures.ts';
import { mutate } from '../model/mutate.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { fuzzAll, type Target } from './fuzz.ts';

// Reference pictures, pixel by pixel, and mutated ones: any picture or one error; two seconds; no memory that the header did not earn.

const COUNT = { full: 200_000, sample: 1500 };
const LIMITS = { ms: 2000, mb: 200 };
const SHARED = resolve('..', 'shared', 'images');
const LARGEST_SEED = 100_000;
/** Mutations fall into the first bytes, where the headers are, more often than anywhere else. */
const HEAD = 64;
const SIGNATURE = 8;

/** Sets the checksums of a PNG's chunks right, so that a mutation reaches what lies behind them. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = SIGNATURE; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}

/** One to three mutations. */
function mutatePicture(seed: Uint8Array, random: Random): Uint8Array {
  let bytes = seed;
  for (let times = 1 + random.integer(3); times > 0 && bytes.length > 0; times--)
    bytes = mutate(bytes, random.next() < 0.5 ? HEAD : bytes.length, random);
  const isPng = bytes.length > 1 && bytes[1] === 0x50;
  return isPng && random.next() < 0.7 ? withChecksums(new Uint8Array(bytes)) : bytes;
}

/** Small pictures of every kind that is read. */
async function ownSeeds(): Promise<Map<string, Uint8Array[]>> {
  const rows = Buffer.alloc(9 * 28, 7);
  const profile = chunk('iCCP', Buffer.from('x\0\0hello'));
  const pngs = [
    plainPng(9, 9),
    png(chunk('IHDR', ihdr(9, 9, 8, 2, 1)), profile, chunk('eXIf', exifBlock(6)), idat(rows)),
    png(chunk('IHDR', ihdr(4, 4, 8, 3)), chunk('PLTE', Buffer.alloc(12, 9)), idat(Buffer.alloc(20))),
  ];
  const seeds = new Map<string, Uint8Array[]>([
    ['PNG', pngs],
    ['JPEG', [tinyJpeg, jpegWithExif(exifBlock(6, true))]],
    ['WebP', [tinyWebp]],
  ]);
  const sharp = await loadNative();
  if (!sharp) return seeds;
  const raw = sharp(Buffer.alloc(16 * 12 * 3, 99), { raw: { width: 16, height: 12, channels: 3 } });
  const lossy = await raw.clone().webp({ quality: 40 }).toBuffer();
  seeds.get('WebP')!.push(lossy);
  seeds.get('JPEG')!.push(await raw.clone().jpeg({ progressive: true }).toBuffer());
  return seeds
    .set('TIFF', [await raw.clone().tiff().toBuffer()])
    .set('AVIF', [await raw.clone().avif().toBuffer()]);
}

const KINDS: Readonly<Record<string, RegExp>> = {
  PNG: /\.png$/i,
  JPEG: /\.jpe?g$/i,
  WebP: /\.webp$/i,
  TIFF: /\.tiff?$/i,
  AVIF: /\.avif$/i,
};

/** Real pictures, where the reference folder is there. */
async function addShared(figures: Figures, seeds: Map<string, Uint8Array[]>): Promise<void> {
  if (!existsSync(SHARED)) return figures.skip('real pictures as seeds', `${SHARED} is absent`);
  for (const name of (await readdir(SHARED, { recursive: true })).sort()) {
    const kind = Object.keys(KINDS).find((k) => KINDS[k]!.test(name));
    const path = join(SHARED, name);
    const about = await stat(path);
    if (kind && seeds.has(kind) && about.isFile() && about.size <= LARGEST_SEED)
      seeds.get(kind)!.push(await readFile(path));
  }
}

/** Reference pictures by both sets of decoders, within the tolerance of each. */
async function reference(figures: Figures): Promise<void> {
  const name = 'reference pictures';
  if (!existsSync(SHARED)) return figures.skip(name, `${SHARED} is absent`);
  const sharp = await loadNative();
  const check = async (way: string, native: Native | null) => {
    const { count, wrong } = await checkPictures(SHARED, native);
    for (const line of wrong) figures.detail(line);
    figures.count(`${name} by ${way}`, count - wrong.length, count, 'within their tolerance');
  };
  if (sharp) await check('sharp', sharp);
  else figures.skip(`${name} by sharp`, 'the optional package is not installed');
  await check('the decoders that are always there, which refuse CMYK', null);
}

await runPart(async (figures, { full, seed }: PartOptions) => {
  await reference(figures);
  const seeds = await ownSeeds();
  await addShared(figures, seeds);
  const count = Math.ceil((full ? COUNT.full : COUNT.sample) / seeds.size);
  const targets = [...seeds].map(
    ([kind, files]): Target => ({
      name: `mutated ${kind} (${files.length} seeds)`,
      make: (random) => mutatePicture(files[random.integer(files.length)]!, random),
      read: (bytes) => decodePicture(bytes, 'x'),
    }),
  );
  // Once as they are, so that decoders are loaded before memory is measured.
  for (const [first] of seeds.values()) await decodePicture(first!, 'x');
  await fuzzAll(figures, 'pictures', targets, { ...LIMITS, count, seed });
});
