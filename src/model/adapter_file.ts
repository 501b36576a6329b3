import { type AdapterConfig, layerScale, readAdapterConfig, writeAdapterConfig } from './adapter_config.ts';
import { type Adapter, type AdapterLayer, adapterLayer, pairRank } from './adapter_layer.ts';
import { FormatError, inFile, quoted } from './format_error.ts';
import {
  finiteFloats,
  type NamedArray,
  readSafetensors,
  type StoredDtype,
  writeSafetensors,
} from './safetensors.ts';

/** Keys of an adapter's metadata, all text: how it was made. */
export const ADAPTER_METADATA = {
  /** SHA-256 of the base model's file, in hexadecimal. */
  baseSha256: 'e2gan.base_sha256',
  /** Number of the base model's weights. */
  baseWeights: 'e2gan.base_weights',
  concept: 'e2gan.concept',
  prompt: 'e2gan.prompt',
  /** Edge of the training pictures in pixels. */
  imageSize: 'e2gan.image_size',
  version: 'e2gan.version',
  /** Number of pairs trained on. */
  trainPairs: 'e2gan.train_pairs',
} as const;

/** Lists, separated by commas, the modules whose A is that of a transposed convolution: an extension of PEFT's layout. */
const CONV_TRANSPOSE = 'e2gan.conv_transpose';

const PREFIX = 'base_model.model.';
const SUFFIXES = { A: '.lora_A.weight', B: '.lora_B.weight' } as const;

/** The two files of an adapter folder, as bytes. */
export interface AdapterFiles {
  readonly config: Uint8Array;
  readonly weights: Uint8Array;
}

/**
 * Reads an adapter in PEFT's layout. Every tensor must be used.
 *
 * @throws FormatError naming the file and the field or the tensor's key
 */
export function readAdapter(files: AdapterFiles): Adapter {
  const config = inFile('adapter_config.json', () => readAdapterConfig(files.config));
  return inFile('adapter_model.safetensors', () => readLayers(config, files.weights));
}

/**
 * Writes an adapter in PEFT's layout; the same adapter gives the same bytes.
 *
 * @param storage type of the stored weights; F16 rounds to nearest, ties to even, from 2^-24 up to 65504
 * @returns the folder's files by name
 * @throws FormatError naming the tensor with a value that is not finite, or beyond F16
 */
export function writeAdapter(
  { layers, metadata, baseModel }: Adapter,
  storage: StoredDtype = 'F32',
): { 'adapter_config.json': Uint8Array; 'adapter_model.safetensors': Uint8Array } {
  const tensors = new Map<string, NamedArray>();
  for (const [path, { A, B }] of layers) {
    for (const [key, array] of [[tensorKey(path, 'A'), A] as const, [tensorKey(path, 'B'), B] as const])
      tensors.set(key, { dtype: storage, ...finiteFloats(key, { dtype: storage, ...array }) });
  }
  const transposed = [...layers].filter(([, layer]) => layer.transposed).map(([path]) => path);
  const about = new Map(metadata);
  if (transposed.length > 0) about.set(CONV_TRANSPOSE, transposed.sort().join(','));
  return {
    'adapter_config.json': writeAdapterConfig(baseModel, layers),
    'adapter_model.safetensors': writeSafetensors(tensors, about),
  };
}

function readLayers(config: AdapterConfig, weights: Uint8Array): Adapter {
  const { tensors, metadata } = readSafetensors(weights);
  const paths = modulePaths(tensors.keys());
  if (paths.size === 0) throw new FormatError('the adapter holds no tensors');
  const transposed = transposedPaths(metadata, paths);
  const layers = new Map<string, AdapterLayer>();
  for (const path of paths) {
    const [keyA, keyB] = [tensorKey(path, 'A'), tensorKey(path, 'B')];
    const [A, B] = [tensors.get(keyA), tensors.get(keyB)];
    if (!A || !B)
      throw new FormatError(`${quoted(A ? keyA : keyB)} is there without ${quoted(A ? keyB : keyA)}`);
    const pair = { keyA, keyB, A, B, transposed: transposed.has(path) };
    layers.set(path, adapterLayer(pair, layerScale(config, path, pairRank(pair))));
  }
  const about = [...metadata].filter(([key]) => key !== CONV_TRANSPOSE);
  return { layers, metadata: new Map(about), baseModel: config.baseModel };
}

/** The key of a layer's A or B in `adapter_model.safetensors`. */
export function tensorKey(path: string, matrix: 'A' | 'B'): string {
  return PREFIX + path + SUFFIXES[matrix];
}

function modulePaths(keys: Iterable<string>): Set<string> {
  const paths = new Set<string>();
  for (const key of keys) {
    const suffix = Object.values(SUFFIXES).find((end) => key.endsWith(end));
    const path = suffix && key.slice(PREFIX.length, -suffix.length);
    if (!key.startsWith(PREFIX) || !path) {
      throw new FormatError(
        `${quoted(key)} is not a plain LoRA tensor, ${PREFIX}<module>.lora_A.weight or lora_B`,
      );
    }
    paths.add(path);
  }
  return paths;
}

function transposedPaths(metadata: ReadonlyMap<string, string>, paths: ReadonlySet<string>): Set<string> {
  const listed = new Set(metadata.get(CONV_TRANSPOSE)?.split(','));
  for (const path of listed) {
    if (!paths.has(path))
      throw new FormatError(`${CONV_TRANSPOSE} lists ${quoted(path)}, which has no tensors`);
  }
  return listed;
}
