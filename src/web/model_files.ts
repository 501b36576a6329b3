import { ADAPTER_METADATA, readAdapter } from '../model/adapter_file.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import { adaptableModules } from '../model/editor.ts';
import { FormatError } from '../model/format_error.ts';
import { type GeneratorConfig, generatorSpecs } from '../model/generator_spec.ts';
import { readKohya } from '../model/kohya.ts';
import { matchAdapter } from '../model/match_adapter.ts';
import { type NetworkFile, readGenerator } from '../model/network_file.ts';
import { hashedPrompt } from '../model/text.ts';
import { type FileSource, nameOf, type OnProgress, readSource } from './download.ts';
import { WebError } from './web_error.ts';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/** A base generator with the digest that adapters know it by. */
export interface Base {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly generator: NetworkFile<GeneratorConfig>;
}

/** An adapter's two files; a kohya file has no configuration. */
export interface AdapterSource {
  readonly config?: FileSource;
  readonly weights: FileSource;
}

/** A base of a smaller preset with adapters that were trained on it, by the names that they have on the larger one. */
export interface SmallerBase {
  readonly base: FileSource;
  readonly adapters?: Readonly<Record<string, FileSource | AdapterSource>>;
}

/** An adapter, ready to take part. */
export interface LoadedAdapter {
  readonly name: string;
  readonly bytes: number;
  readonly adapter: Adapter;
  /** The prompt it was trained with, embedded. */
  readonly context: Float32Array;
  /** What the user should know: trained on another base. Empty where all is well. */
  readonly warning: string;
}

function inSource<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    throw new WebError('file', cause.message.startsWith(name) ? cause.message : `${name}: ${cause.message}`, {
      cause,
    });
  }
}

async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Reads a base generator, f32 or f16. @throws WebError naming the file */
export async function readBase(source: FileSource, onProgress?: OnProgress): Promise<Base> {
  const bytes = await readSource(source, onProgress);
  const generator = inSource(nameOf(source), () => readGenerator(bytes));
  const name = generator.about.get('e2gan.name') ?? nameOf(source).replace(/\.safetensors$/, '');
  return { name, sha256: await sha256(bytes), bytes: bytes.length, generator };
}

/** The two files of an adapter's folder, given by its address. */
function filesOf(source: FileSource | AdapterSource): AdapterSource {
  if (typeof source === 'object' && 'weights' in source) return source;
  if (typeof source !== 'string' && !(source instanceof URL)) return { weights: source };
  if (String(source).split(/[?#]/)[0]!.endsWith('.safetensors')) {
    if (nameOf(source) !== WEIGHTS) return { weights: source };
    return { config: String(source).replace(WEIGHTS, CONFIG), weights: source };
  }
  const folder = String(source).replace(/\/*$/, '/');
  return { config: folder + CONFIG, weights: folder + WEIGHTS };
}

/**
 * Reads an adapter and makes sure that it fits the base.
 *
 * @param source - the address of a folder in PEFT's layout, its two files, or one file with kohya's names
 * @throws WebError naming the file
 */
export async function readAdapterFor(
  base: Base,
  source: FileSource | AdapterSource,
  onProgress?: OnProgress,
): Promise<LoadedAdapter> {
  const { config, weights } = filesOf(source);
  const about = config === undefined ? null : await readSource(config, onProgress);
  const bytes = await readSource(weights, onProgress);
  const modules = adaptableModules(generatorSpecs(base.generator.config));
  const name = nameOf(weights);
  const adapter = inSource(name, () => {
    const read = about
      ? readAdapter({ config: about, weights: bytes })
      : readKohya(bytes, [...modules.keys()]);
    matchAdapter(read, modules);
    return read;
  });
  const folder = typeof source === 'string' || source instanceof URL ? nameOf(source) : name;
  return loaded(base, adapter, folder.replace(/\.safetensors$/, ''), bytes.length);
}

/** An adapter that is in memory already. */
export function loaded(base: Base, adapter: Adapter, name: string, bytes = 0): LoadedAdapter {
  const { metadata } = adapter;
  const trainedOn = metadata.get(ADAPTER_METADATA.baseSha256);
  return {
    name: metadata.get(ADAPTER_METADATA.concept) ?? name,
    bytes,
    adapter,
    context: hashedPrompt(metadata.get(ADAPTER_METADATA.prompt) ?? '', base.generator.config.context),
    warning:
      trainedOn && trainedOn !== base.sha256 ? 'was trained on another base; its pictures may be wrong' : '',
  };
}

/** Reads a smaller base, and its adapters of these names. @throws WebError naming the file */
export async function readSmaller(
  { base: source, adapters = {} }: SmallerBase,
  names: readonly string[],
  onProgress?: OnProgress,
): Promise<{ base: Base; adapters: Map<string, LoadedAdapter> }> {
  const base = await readBase(source, onProgress);
  const read = names
    .filter((name) => Object.hasOwn(adapters, name))
    .map(async (name) => [name, await readAdapterFor(base, adapters[name]!, onProgress)] as const);
  return { base, adapters: new Map(await Promise.all(read)) };
}
