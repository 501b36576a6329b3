import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ADAPTER_METADATA, readAdapter } from '../model/adapter_file.ts';
import { type Adapter, adapterWarnings } from '../model/adapter_layer.ts';
import { adaptableModules, type StrongAdapter } from '../model/editor.ts';
import { FormatError } from '../model/format_error.ts';
import { generatorSpecs } from '../model/generator_spec.ts';
import { readKohya } from '../model/kohya.ts';
import { type AdaptableModule, matchAdapter } from '../model/match_adapter.ts';
import type { BaseModel } from './base_model.ts';
import { fileError, UserError } from './errors.ts';
import { readRegularFile } from './files.ts';
import { decimal, text } from './options.ts';

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_WEIGHTS_BYTES = 2 ** 31 - 1;
// The colon of a Windows drive, as in C:\adapters, is no mark of a strength.
const WITH_STRENGTH = /^(..+):([^\\/:]*)$/s;
const STRENGTH = decimal({ min: -4, max: 4 });

/** An adapter as `--adapter PATH[:STRENGTH]` names it. */
export interface AdapterArgument {
  readonly path: string;
  readonly strength: number;
}

/** An adapter from disk, with its path for messages. */
export interface LoadedAdapter extends StrongAdapter {
  readonly path: string;
}

/** Parser of a repeatable `--adapter PATH[:STRENGTH]`; strengths are from -4 to 4, 1 where none is given. */
export function adapterArgument(value: string, before: readonly AdapterArgument[] = []): AdapterArgument[] {
  const [, path = value, strength = '1'] = WITH_STRENGTH.exec(value) ?? [];
  return [...before, { path: text(path), strength: STRENGTH(strength) }];
}

/**
 * Reads an adapter for a base: a folder in PEFT's layout, or a file with kohya's names. `warn` hears of an adapter that
 * was trained on another base.
 * @throws UserError naming the file
 */
export async function readAdapterArgument(
  { path, strength }: AdapterArgument,
  base: BaseModel,
  warn: (line: string) => void,
): Promise<LoadedAdapter> {
  const modules = adaptableModules(generatorSpecs(base.generator.config));
  const folder = await folderOf(path);
  const adapter = folder === null ? await readKohyaFile(path, modules) : await readPeftFolder(folder);
  inPath(path, () => matchAdapter(adapter, modules));
  for (const line of adapterWarnings(adapter)) warn(`${path}: ${line}`);
  const trainedOn = adapter.metadata.get(ADAPTER_METADATA.baseSha256);
  if (trainedOn !== undefined && trainedOn !== base.sha256)
    warn(`${path}: was trained on another base than ${base.path}; its pictures may be wrong`);
  return { adapter, strength, path };
}

/** The folder of an adapter in PEFT's layout, given by itself or by its weights; null for any other file. */
async function folderOf(path: string): Promise<string | null> {
  const about = await stat(path).catch((error) => {
    throw fileError(path, 'read the adapter', error);
  });
  if (about.isDirectory()) return path;
  return basename(path) === WEIGHTS ? dirname(path) : null;
}

async function readPeftFolder(folder: string): Promise<Adapter> {
  const config = await readRegularFile(join(folder, CONFIG), MAX_CONFIG_BYTES);
  const weights = await readRegularFile(join(folder, WEIGHTS), MAX_WEIGHTS_BYTES);
  return inPath(folder, () => readAdapter({ config, weights }));
}

async function readKohyaFile(path: string, modules: ReadonlyMap<string, AdaptableModule>): Promise<Adapter> {
  const bytes = await readRegularFile(path, MAX_WEIGHTS_BYTES);
  return inPath(path, () => readKohya(bytes, [...modules.keys()]));
}

function inPath<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, 1, { cause: error });
    throw error;
  }
}
