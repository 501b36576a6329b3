import { readAdapter, writeAdapter } from '../model/adapter_file.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import type { StoredDtype } from '../model/safetensors.ts';
import { writeTogether } from './files.ts';

/** An adapter as it lies in a folder. */
export interface SavedAdapter {
  /** Bytes of its weights' file. */
  readonly bytes: number;
  /** What reading it back gives: weights rounded as they are stored. */
  readonly adapter: Adapter;
}

/**
 * Writes an adapter's files into a folder, the configuration last, since nothing is an adapter without it. An adapter that is
 * there already stays as it is until both new files are on the disk.
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
  await writeTogether(folder, [
    ['adapter_model.safetensors', weights],
    ['adapter_config.json', config],
  ]);
  return { bytes: weights.length, adapter: stored };
}
