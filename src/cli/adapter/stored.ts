import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ADAPTER_METADATA, readAdapter } from '../../model/adapter_file.ts';
import type { Adapter } from '../../model/adapter_layer.ts';
import { FormatError } from '../../model/format_error.ts';
import { readKohya } from '../../model/kohya.ts';
import { fileError, UserError } from '../errors.ts';
import { readRegularFile } from '../files.ts';

export const CONFIG = 'adapter_config.json';
export const WEIGHTS = 'adapter_model.safetensors';
const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_WEIGHTS_BYTES = 2 ** 31 - 1;

/** An adapter as it lies on disk. */
export interface StoredAdapter {
  /** As the user gave it. */
  readonly path: string;
  readonly format: 'peft' | 'kohya';
  readonly adapter: Adapter;
  /** All bytes of the weights' file. */
  readonly bytes: Uint8Array;
}

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What an adapter is called: its concept, else its folder or file. */
export const adapterName = ({ path, adapter }: Pick<StoredAdapter, 'path' | 'adapter'>): string =>
  adapter.metadata.get(ADAPTER_METADATA.concept) || basename(resolve(path));

/**
 * Reads an adapter: a folder in PEFT's layout, given by itself or by its weights, or a file with kohya's names.
 *
 * @param modules - paths of the model's modules, for kohya's names
 * @throws UserError naming the file
 */
export async function readStoredAdapter(
  path: string,
  modules: () => Promise<readonly string[]>,
): Promise<StoredAdapter> {
  const folder = await folderOf(path);
  if (folder !== null) return readPeftFolder(path, folder);
  const bytes = await readRegularFile(path, MAX_WEIGHTS_BYTES);
  const known = await modules();
  return { path, format: 'kohya', bytes, adapter: inPath(path, () => readKohya(bytes, known)) };
}

/** Reads an adapter folder. @param path - for messages @throws UserError */
export async function readPeftFolder(path: string, folder: string): Promise<StoredAdapter> {
  const config = await readRegularFile(join(folder, CONFIG), MAX_CONFIG_BYTES);
  const bytes = await readRegularFile(join(folder, WEIGHTS), MAX_WEIGHTS_BYTES);
  const adapter = inPath(path, () => readAdapter({ config, weights: bytes }));
  return { path, format: 'peft', bytes, adapter };
}

/** The folder of an adapter in PEFT's layout; null for any other file. */
async function folderOf(path: string): Promise<string | null> {
  const about = await stat(path).catch((error) => {
    throw fileError(path, 'read the adapter', error);
  });
  if (about.isDirectory()) return path;
  return basename(path) === WEIGHTS ? dirname(path) : null;
}

/** Runs `work`; a FormatError becomes a UserError that names the file. */
export function inPath<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FormatError) throw new UserError(`${path}: ${error.message}`, 1, { cause: error });
    throw error;
  }
}
