import { type DiscriminatorConfig, discriminatorSpecs } from './discriminator.ts';
import { FormatError, quoted } from './format_error.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import { type LayerSpec, parameterShapes } from './layers.ts';
import {
  finiteFloats,
  type NamedArray,
  readSafetensors,
  type StoredDtype,
  writeSafetensors,
} from './safetensors.ts';
import { type Arrays, matchArrays } from './weights.ts';

/** What a network's file is: sizes, weights, and what it says about its making. */
export interface NetworkFile<Config> {
  readonly config: Config;
  readonly weights: Arrays;
  readonly about: ReadonlyMap<string, string>;
}

/** A kind of network that files hold: its sizes lie in the metadata as JSON, under its key. */
interface Kind<Config> {
  readonly key: string;
  readonly fields: Readonly<Record<keyof Config & string, 'count' | 'boolean'>>;
  specs(config: Config): LayerSpec[];
}

const GENERATOR: Kind<GeneratorConfig> = {
  key: 'e2gan.generator',
  fields: { width: 'count', heads: 'count', context: 'count', skips: 'boolean' },
  specs: generatorSpecs,
};

const DISCRIMINATOR: Kind<DiscriminatorConfig> = {
  key: 'e2gan.discriminator',
  fields: { width: 'count', channels: 'count' },
  specs: discriminatorSpecs,
};

// Above every preset; keeps a crafted file from asking for more layers than memory holds.
const MAX_COUNT = 65536;

function readConfig<Config>({ key, fields }: Kind<Config>, text: string | undefined): Config {
  if (text === undefined)
    throw new FormatError(`its metadata has no ${key}: it is not such a network of e2gan`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new FormatError(`${key} is not JSON`);
  }
  const values = new Map(Object.entries(parsed ?? {}));
  const config: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(fields)) {
    const value = values.get(name);
    const fits =
      kind === 'boolean'
        ? typeof value === 'boolean'
        : Number.isInteger(value) && value >= 1 && value <= MAX_COUNT;
    if (!fits) throw new FormatError(`${key}: ${quoted(name)} is ${JSON.stringify(value)}`);
    config[name] = value;
  }
  return config as Config;
}

function readNetwork<Config>(kind: Kind<Config>, bytes: Uint8Array): NetworkFile<Config> {
  const { tensors, metadata } = readSafetensors(bytes);
  const config = readConfig(kind, metadata.get(kind.key));
  const weights = new Map([...tensors].map(([name, array]) => [name, finiteFloats(name, array)]));
  matchArrays(parameterShapes(kind.specs(config)), weights);
  const about = new Map([...metadata].filter(([key]) => key !== kind.key && key !== 'format'));
  return { config, weights, about };
}

function writeNetwork<Config>(
  kind: Kind<Config>,
  { config, weights, about }: NetworkFile<Config>,
  storage: StoredDtype,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>(
    [...weights].map(([name, array]) => [name, { dtype: storage, ...array }]),
  );
  return writeSafetensors(tensors, new Map([...about, [kind.key, JSON.stringify(config)]]));
}

/** Reads a base generator. @throws FormatError naming the tensor or field that does not fit */
export const readGenerator = (bytes: Uint8Array): NetworkFile<GeneratorConfig> =>
  readNetwork(GENERATOR, bytes);

/** Writes a base generator; the same network gives the same bytes. */
export const writeGenerator = (
  file: NetworkFile<GeneratorConfig>,
  storage: StoredDtype = 'F32',
): Uint8Array<ArrayBuffer> => writeNetwork(GENERATOR, file, storage);

/** Reads a discriminator. @throws FormatError naming the tensor or field that does not fit */
export const readDiscriminator = (bytes: Uint8Array): NetworkFile<DiscriminatorConfig> =>
  readNetwork(DISCRIMINATOR, bytes);

/** Writes a discriminator. */
export const writeDiscriminator = (
  file: NetworkFile<DiscriminatorConfig>,
  storage: StoredDtype = 'F32',
): Uint8Array<ArrayBuffer> => writeNetwork(DISCRIMINATOR, file, storage);
