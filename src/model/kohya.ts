import { type Adapter, type AdapterLayer, adapterLayer, pairRank } from './adapter_layer.ts';
import { FormatError, quoted } from './format_error.ts';
import { didYouMean } from './nearest.ts';
import { finiteFloats, type NamedArray, readSafetensors } from './safetensors.ts';

const PREFIX = 'lora_unet_';
const DOWN = '.lora_down.weight';
const UP = '.lora_up.weight';
const ALPHA = '.alpha';

/**
 * Reads an adapter with kohya's names, `lora_unet_<path with _ for .>.lora_down.weight` (A), `.lora_up.weight` (B) and
 * `.alpha`; without an alpha it is the rank, so scale = 1.
 *
 * @param knownModules paths of the model's modules: the names alone do not tell a dot from an underscore
 * @throws FormatError naming the key
 */
export function readKohya(bytes: Uint8Array, knownModules: readonly string[]): Adapter {
  const { tensors, metadata } = readSafetensors(bytes);
  const layers = new Map<string, AdapterLayer>();
  const pathOf = moduleFinder(knownModules);
  for (const name of moduleNames(tensors.keys())) {
    const [keyA, keyB] = [name + DOWN, name + UP];
    const [A, B] = [tensors.get(keyA), tensors.get(keyB)];
    if (!A || !B) throw new FormatError(`${quoted(name)} has no ${A ? UP : DOWN}`);
    const pair = { keyA, keyB, A, B, transposed: false };
    const rank = pairRank(pair);
    const alpha = readAlpha(name + ALPHA, tensors.get(name + ALPHA)) ?? rank;
    layers.set(pathOf(name), adapterLayer(pair, alpha / rank));
  }
  if (layers.size === 0) throw new FormatError('the adapter holds no tensors');
  return { layers, metadata, baseModel: null };
}

/** The key of a module's A or B in a file with kohya's names. */
export const kohyaKey = (path: string, matrix: 'A' | 'B'): string =>
  PREFIX + path.replaceAll('.', '_') + (matrix === 'A' ? DOWN : UP);

function moduleNames(keys: Iterable<string>): Set<string> {
  const names = new Set<string>();
  for (const key of keys) {
    const suffix = [DOWN, UP, ALPHA].find((end) => key.endsWith(end));
    if (!suffix || !key.startsWith(PREFIX)) {
      throw new FormatError(
        `${quoted(key)} is not a plain LoRA tensor, ${PREFIX}<module>${DOWN}, ${UP} or ${ALPHA}`,
      );
    }
    names.add(key.slice(0, -suffix.length));
  }
  return names;
}

function readAlpha(key: string, array: NamedArray | undefined): number | undefined {
  if (!array) return undefined;
  const { data } = finiteFloats(key, array);
  if (data.length !== 1) throw new FormatError(`${quoted(key)} holds ${data.length} numbers instead of one`);
  return data[0];
}

/** A function from kohya's name of a module to its path. */
function moduleFinder(knownModules: readonly string[]): (name: string) => string {
  const paths = new Map<string, string[]>();
  for (const path of knownModules) {
    const name = PREFIX + path.replaceAll('.', '_');
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  return (name) => {
    const [path, other] = paths.get(name) ?? [];
    if (path === undefined) {
      throw new FormatError(`the model has no module for ${quoted(name)}${didYouMean(name, paths.keys())}`);
    }
    if (other !== undefined) {
      throw new FormatError(
        `${quoted(name)} can be ${quoted(path)} or ${quoted(other)}: convert to PEFT's names`,
      );
    }
    return path;
  };
}
