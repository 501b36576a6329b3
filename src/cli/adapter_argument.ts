import { ADAPTER_METADATA } from '../model/adapter_file.ts';
import { adapterWarnings } from '../model/adapter_layer.ts';
import { adaptableModules, type StrongAdapter } from '../model/editor.ts';
import { generatorSpecs } from '../model/generator_spec.ts';
import { matchAdapter } from '../model/match_adapter.ts';
import { baseOf } from '../model/merge_record.ts';
import { inPath, readStoredAdapter, type StoredAdapter } from './adapter/stored.ts';
import type { BaseModel } from './base_model.ts';
import { decimal, text } from './options.ts';

// The colon of a Windows drive, as in C:\adapters, is no mark of a strength.
const WITH_STRENGTH = /^(..+):([^\\/:]*)$/s;
/** A parser of strengths, -4 to 4. */
export const parseStrength = decimal({ min: -4, max: 4 });

/** An adapter as `--adapter PATH[:STRENGTH]` names it. */
export interface AdapterArgument {
  readonly path: string;
  readonly strength: number;
}

/** An adapter from disk, with its path for messages. */
export interface LoadedAdapter extends StrongAdapter, StoredAdapter {}

/** `PATH[:STRENGTH]`; strengths are from -4 to 4. @param strength - where none is given */
export function parseAdapterArgument(value: string, strength = 1): AdapterArgument {
  const [, path = value, own] = WITH_STRENGTH.exec(value) ?? [];
  return { path: text(path), strength: own === undefined ? strength : parseStrength(own) };
}

/** Parser of a repeatable `--adapter PATH[:STRENGTH]`. */
export const adapterArgument = (
  value: string,
  before: readonly AdapterArgument[] = [],
): AdapterArgument[] => [...before, parseAdapterArgument(value)];

/** Modules of a base that adapters may change, by path. */
export const modulesOf = ({ generator }: Pick<BaseModel, 'generator'>): ReturnType<typeof adaptableModules> =>
  adaptableModules(generatorSpecs(generator.config));

/** The base that an adapter was trained on, where its file says so. */
export const trainedOn = ({ adapter }: Pick<StoredAdapter, 'adapter'>): string | undefined =>
  adapter.metadata.get(ADAPTER_METADATA.baseSha256);

/** The base that adapters of a generator were trained on: it may have others merged into it. */
export const originOf = ({ sha256, generator }: BaseModel): string => baseOf(generator.about, sha256);

/** Whether an adapter was trained on a base, or on what adapters were merged into to make it; so does one that does not say. */
export const fitsBase = (adapter: Pick<StoredAdapter, 'adapter'>, base: BaseModel): boolean =>
  [undefined, base.sha256, originOf(base)].includes(trainedOn(adapter));

/**
 * Reads an adapter for a base and makes sure that it fits; `warn` hears of layers that change nothing.
 * @throws UserError naming the file
 */
export async function readFittingAdapter(
  { path, strength }: AdapterArgument,
  base: BaseModel,
  warn: (line: string) => void,
): Promise<LoadedAdapter> {
  const modules = modulesOf(base);
  const stored = await readStoredAdapter(path, async () => [...modules.keys()]);
  inPath(path, () => matchAdapter(stored.adapter, modules));
  for (const line of adapterWarnings(stored.adapter)) warn(`${path}: ${line}`);
  return { ...stored, strength };
}

/**
 * The same, where `warn` also hears of an adapter that was trained on another base.
 * @throws UserError naming the file
 */
export async function readAdapterArgument(
  argument: AdapterArgument,
  base: BaseModel,
  warn: (line: string) => void,
): Promise<LoadedAdapter> {
  const loaded = await readFittingAdapter(argument, base, warn);
  if (!fitsBase(loaded, base))
    warn(`${loaded.path}: was trained on another base than ${base.path}; its pictures may be wrong`);
  return loaded;
}
