import { type DiscriminatorConfig, discriminatorSpecs } from './discriminator.ts';
import { FormatError, quoted } from './format_error.ts';
import type { GeneratorNetwork } from './generator_network.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import { type LayerSpec, parameterShapes } from './layers.ts';
import { designFault, type NetworkDesign, type NetworkKind, networkOf } from './network_design.ts';
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

/** How a network's sizes lie in the metadata: as JSON, under its key. */
interface Fields<Config> {
  readonly key: string;
  readonly fields: Readonly<Record<keyof Config & string, 'count' | 'boolean'>>;
}

/** A kind of network that files hold. */
interface Kind<Config> extends Fields<Config> {
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

/** All kinds of generators. */
const GENERATORS: { readonly [K in NetworkKind]: Fields<Extract<NetworkDesign, { kind: K }>['config']> } = {
  e2gan: GENERATOR,
  resnet: { key: 'e2gan.resnet', fields: { width: 'count', blocks: 'count' } },
  unet: { key: 'e2gan.unet', fields: { width: 'count', depth: 'count' } },
  comodgan: { key: 'e2gan.comodgan', fields: { edge: 'count', width: 'count' } },
};

// Above every preset; keeps a crafted file from asking for more layers than memory holds.
const MAX_COUNT = 65536;

function readConfig<Config>({ key, fields }: Fields<Config>, text: string | undefined): Config {
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

/** The file's weights, exactly those of these layers, and what it says beside its sizes. */
function readWeights(
  { tensors, metadata }: ReturnType<typeof readSafetensors>,
  specs: readonly LayerSpec[],
  key: string,
): { weights: Arrays; about: ReadonlyMap<string, string> } {
  const weights = new Map([...tensors].map(([name, array]) => [name, finiteFloats(name, array)]));
  matchArrays(parameterShapes(specs), weights);
  return { weights, about: new Map([...metadata].filter(([k]) => k !== key && k !== 'format')) };
}

function readNetwork<Config>(kind: Kind<Config>, bytes: Uint8Array): NetworkFile<Config> {
  const file = readSafetensors(bytes);
  const config = readConfig(kind, file.metadata.get(kind.key));
  return { config, ...readWeights(file, kind.specs(config), kind.key) };
}

function writeNetwork<Config>(
  { key }: Fields<Config>,
  { config, weights, about }: NetworkFile<Config>,
  storage: StoredDtype,
): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedArray>(
    [...weights].map(([name, array]) => [name, { dtype: storage, ...array }]),
  );
  return writeSafetensors(tensors, new Map([...about, [key, JSON.stringify(config)]]));
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

/** A generator of any kind, from a file. */
export interface AnyNetworkFile {
  readonly design: NetworkDesign;
  readonly network: GeneratorNetwork;
  readonly weights: Arrays;
  readonly about: ReadonlyMap<string, string>;
}

/** Reads a generator of any kind. @throws FormatError naming the tensor or field that does not fit */
export function readNetworkFile(bytes: Uint8Array): AnyNetworkFile {
  const file = readSafetensors(bytes);
  const kinds = Object.keys(GENERATORS) as NetworkKind[];
  const [kind, ...others] = kinds.filter((k) => file.metadata.has(GENERATORS[k].key));
  if (!kind || others.length)
    throw new FormatError(
      kind
        ? `its metadata has ${GENERATORS[kind].key} and ${GENERATORS[others[0]!].key}: a network is of one kind`
        : `its metadata has none of ${kinds.map((k) => GENERATORS[k].key).join(', ')}: it is no generator of e2gan`,
    );
  const { key } = GENERATORS[kind];
  const config = readConfig(GENERATORS[kind] as Fields<object>, file.metadata.get(key));
  const design = { kind, config } as NetworkDesign;
  const fault = designFault(design);
  if (fault) throw new FormatError(`${key}: ${fault}`);
  const network = networkOf(design);
  return { design, network, ...readWeights(file, network.specs, key) };
}

/** Writes a generator of any kind; the same network gives the same bytes. */
export const writeNetworkFile = (
  { design, weights, about }: Omit<AnyNetworkFile, 'network'>,
  storage: StoredDtype = 'F32',
): Uint8Array<ArrayBuffer> =>
  writeNetwork<object>(GENERATORS[design.kind], { config: design.config, weights, about }, storage);
