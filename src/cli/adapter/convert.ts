import { join } from 'node:path';
import { writeAdapter } from '../../model/adapter_file.ts';
import { matchAdapter } from '../../model/match_adapter.ts';
import type { StoredDtype } from '../../model/safetensors.ts';
import { modulesOf } from '../adapter_argument.ts';
import { saveAdapter } from '../adapter_folder.ts';
import { type BaseModel, readBaseModel } from '../base_model.ts';
import { escapeControl } from '../errors.ts';
import { makeFolder, refuseExisting } from '../files.ts';
import { requireFolderOutput } from '../outputs.ts';
import { CONFIG, inPath, readStoredAdapter, WEIGHTS } from './stored.ts';

/** Options of `convert`, as commander parses them. */
export interface ConvertOptions {
  readonly dtype?: StoredDtype;
  readonly base: string;
  readonly force?: boolean;
}

/**
 * `e2gan adapter convert ADAPTER OUT`: the same adapter as a PEFT folder, in the wanted type. kohya's names are resolved
 * by the base's.
 *
 * @throws UserError
 */
export async function convert(path: string, out: string, options: ConvertOptions): Promise<void> {
  await requireFolderOutput(out);
  for (const name of [CONFIG, WEIGHTS]) await refuseExisting(join(out, name), options.force ?? false);
  let base: BaseModel | undefined;
  const { adapter, format } = await readStoredAdapter(path, async () => {
    base = await readBaseModel(options.base);
    return [...modulesOf(base).keys()];
  });
  if (base) inPath(path, () => matchAdapter(adapter, modulesOf(base!)));
  const storage = options.dtype ?? 'F16';
  inPath(path, () => writeAdapter(adapter, storage)); // What cannot be stored leaves no folder behind.
  await makeFolder(out);
  const { bytes } = await saveAdapter(out, adapter, storage);
  console.log(
    escapeControl(`${out}: ${adapter.layers.size} layers from ${format}, ${storage}, ${bytes} bytes`),
  );
}
