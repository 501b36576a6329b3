import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveAdapter } from '../../src/cli/adapter_folder.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import { type GeneratorConfig, generatorSpecs } from '../../src/model/generator_spec.ts';
import { writeGenerator } from '../../src/model/network_file.ts';
import type { Picture } from '../../src/model/picture.ts';
import { type NamedArray, type StoredDtype, writeSafetensors } from '../../src/model/safetensors.ts';
import { adapterOf } from '../../src/model/trained_adapter.ts';
import { initialLora, initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

/** The smallest generator: every layer there is, four channels wide. */
export const SMALL: GeneratorConfig = { width: 4, heads: 1, context: 8, skips: true };
const RANKS = new Map([
  ['down2', 2],
  ['tb.self.q', 1],
  ['up1', 2],
]);

/** A picture of seeded noise. */
export function noisePicture(width: number, height: number, seed: number | string): Picture {
  const random = new Random(seed);
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

/** Writes a picture of seeded noise. */
export async function writeNoise(path: string, width: number, height: number, seed = path): Promise<void> {
  await writeFile(path, encodePng(noisePicture(width, height, seed)));
}

/** Writes `base.safetensors` with random weights into a folder. @returns its path */
export async function writeSmallBase(folder: string, seed = 1): Promise<string> {
  const weights = initialWeights(generatorSpecs(SMALL), new Random(seed));
  // Training starts the head at zero, where no adapter below would show.
  const head = weights.get('head.weight')!.data;
  const random = new Random(`head ${seed}`);
  head.set(head.map(() => 0.1 * random.normal()));
  const path = join(folder, 'base.safetensors');
  await writeFile(path, writeGenerator({ config: SMALL, weights, about: new Map() }));
  return path;
}

/** Writes an adapter that changes pictures, in PEFT's layout. @returns its folder */
export async function writeSmallAdapter(
  folder: string,
  baseSha256: string,
  storage: StoredDtype = 'F32',
): Promise<string> {
  const random = new Random('adapter');
  const lora = initialLora(generatorSpecs(SMALL), RANKS, random);
  for (const [name, { data }] of lora)
    if (name.endsWith('.lora_B')) data.set(data.map(() => random.normal()));
  const base = { sha256: baseSha256, name: 'small', path: '', discriminator: null } as const;
  const generator = { config: SMALL, weights: new Map(), about: new Map() };
  const origin = { base: { ...base, generator }, concept: 'ink', prompt: 'ink drawing' };
  await mkdir(folder, { recursive: true });
  await saveAdapter(folder, adapterOf(SMALL, lora, { ...origin, imageSize: 16, trainPairs: 3 }), storage);
  return folder;
}

/** Writes an adapter on one convolution with kohya's names. @returns its path */
export async function writeKohya(path: string): Promise<string> {
  const array = (...shape: number[]): NamedArray => {
    const data = new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5);
    return { dtype: 'F32', shape, data };
  };
  const tensors = new Map([
    ['lora_unet_down1.lora_down.weight', array(1, 4, 3, 3)],
    ['lora_unet_down1.lora_up.weight', array(8, 1, 1, 1)],
  ]);
  await writeFile(path, writeSafetensors(tensors));
  return path;
}

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
