import { join } from 'node:path';
import { writeAdapter } from '../model/adapter_file.ts';
import type { Adapter } from '../model/adapter_layer.ts';
import { writeAtomic } from './files.ts';

/** Writes an adapter's files into a folder. @returns bytes of its weights @throws UserError */
export async function saveAdapter(folder: string, adapter: Adapter): Promise<number> {
  const files = writeAdapter(adapter);
  for (const [name, bytes] of Object.entries(files)) await writeAtomic(join(folder, name), bytes);
  return files['adapter_model.safetensors'].length;
}
