import { join } from 'node:path';
import { readAdapter, writeAdapter } from '../model/adapter_file.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import type { StoredDtype } from '../model/safetensors.ts';
import { writeAtomic } from './files.ts';

/** An adapter as it lies in a folder. */
export interface SavedAdapter {
  /** Bytes of its weights' file. */
  readonly bytes: number;
  /** What reading it back gives: weights rounded as they are stored. */
  readonly adapter: Adapter;
}

/**
 * Writes an adapter's files into a folder, the configuration last, since nothing is an adapter without it.
 * @throws UserError; FormatError naming a tensor with a value that the type cannot hold
 */
export async function saveAdapter(
  folder: string,
  adapter: Adapter,
  storage: StoredDtype,
): Promise<SavedAdapter> {
  const written = writeAdapter(adapter, storage);
  const { 'adapter_config.json': config, 'adapter_model.safetensors': weights } = written;
  const stored = readAdapter({ config, weights });
  await writeAtomic(join(folder, 'adapter_model.safetensors'), weights);
  await writeAtomic(join(folder, 'adapter_config.json'), config);
  return { bytes: weights.length, adapter: stored };
}
