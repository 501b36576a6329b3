import {
  type GeneratorConfig,
  generatorPresets,
  generatorSpecs,
  type PresetName,
} from '../../model/generator_spec.ts';
import type { Picture } from '../../model/picture.ts';
import type { Arrays } from '../../model/weights.ts';
import { initialWeights } from '../../train/init.ts';
import { Random } from '../../train/random.ts';
import type { AdapterArgument, LoadedAdapter } from '../adapter_argument.ts';
import { readEdit } from '../editing.ts';
import { usageError } from '../errors.ts';
import type { Size } from '../options.ts';
import { warn } from '../warn.ts';

/** The network that is measured. */
export interface Subject {
  readonly name: string;
  readonly config: GeneratorConfig;
  readonly weights: Arrays;
  readonly adapters: readonly LoadedAdapter[];
}

/** Time does not hang on the values: any seed and prompt do. */
export const SEED = 1;
export const PROMPT = 'a profile';

/** The discriminator's last layers need three pixels after it has halved a picture three times. */
const MIN_TRAINED = 24;

/** Refuses sizes that no training step takes. @throws UserError */
export function checkTrainedSize({ width, height }: Size): void {
  if (width !== height) throw usageError('--train takes squares: give --size one number');
  if (width < MIN_TRAINED) throw usageError(`--train needs a --size of ${MIN_TRAINED} or more`);
}

/** A preset with random weights. */
export function presetSubject(preset: PresetName): Subject {
  const config = generatorPresets[preset];
  const weights = initialWeights(generatorSpecs(config), new Random(SEED));
  return { name: `${preset}, random weights`, config, weights, adapters: [] };
}

/** The preset, or the base with its adapters. @throws UserError */
export async function readSubject(options: {
  readonly preset: PresetName;
  readonly base?: string;
  readonly adapter: readonly AdapterArgument[];
}): Promise<Subject> {
  const { preset, base, adapter } = options;
  if (base === undefined) {
    if (adapter.length > 0) throw usageError('--adapter needs the --base that it belongs to');
    return presetSubject(preset);
  }
  const edit = await readEdit({ base, adapter }, warn);
  const { design, weights, name } = edit.base;
  if (design.kind !== 'e2gan')
    throw usageError(`--base: ${base} is a ${design.kind}, profiles are of E2GAN's generators`);
  return { name, config: design.config, weights, adapters: edit.adapters };
}

/** A picture of noise. */
export function noise({ width, height }: Size): Picture {
  const random = new Random(SEED);
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}
