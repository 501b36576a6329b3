import { ADAPTER_METADATA } from '../model/adapter_file.ts';
import { Editor } from '../model/editor.ts';
import { mergedAdapters } from '../model/merge_record.ts';
import type { Picture } from '../model/picture.ts';
import { hashedPrompt } from '../model/text.ts';
import { KernelError } from '../runtime/errors.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { inPath } from './adapter/stored.ts';
import { type LoadedAdapter, readAdapterArgument } from './adapter_argument.ts';
import { type BaseModel, readBaseModel } from './base_model.ts';
import type { EditOptions } from './edit_options.ts';
import { UserError } from './errors.ts';
import { cropPicture, repeatEdges } from './images/crop.ts';

/** The generator takes pictures whose sides are multiples of this. */
const MULTIPLE = 8;
/** Compiled sizes kept at once; a folder of photographs has few. */
const MAX_EDITORS = 4;

/** A base with adapters and the prompt that goes with them, read from disk. */
export interface Edit {
  readonly base: BaseModel;
  readonly adapters: readonly LoadedAdapter[];
  readonly prompt: string;
}

/**
 * Reads what an edit needs. Without `prompt`, it is what the adapters were trained with.
 * @throws UserError naming the file
 */
export async function readEdit(options: EditOptions, warn: (line: string) => void): Promise<Edit> {
  const base = await readBaseModel(options.base);
  const adapters: LoadedAdapter[] = [];
  for (const argument of options.adapter) adapters.push(await readAdapterArgument(argument, base, warn));
  return { base, adapters, prompt: options.prompt ?? trainedPrompt(base, adapters) };
}

/** The prompts that adapters, merged ones too, were trained with, each once; without any, what the base was made with. */
function trainedPrompt({ path, generator }: BaseModel, adapters: readonly LoadedAdapter[]): string {
  const merged = inPath(path, () => mergedAdapters(generator.about));
  const prompts = [
    ...merged.map(({ prompt }) => prompt),
    ...adapters.map(({ adapter }) => adapter.metadata.get(ADAPTER_METADATA.prompt) ?? ''),
  ];
  const used = new Set(prompts.filter((prompt) => prompt !== ''));
  return used.size > 0 ? [...used].join(', ') : (generator.about.get(ADAPTER_METADATA.prompt) ?? '');
}

/** Edits pictures of any size: compiled once per size, the latest few sizes are kept. */
export class Editors {
  readonly #gpu: Gpu;
  readonly #edit: Edit;
  readonly #context: Float32Array;
  readonly #bySize = new Map<string, Editor>();

  constructor(gpu: Gpu, edit: Edit) {
    this.#gpu = gpu;
    this.#edit = edit;
    this.#context = hashedPrompt(edit.prompt, edit.base.generator.config.context);
  }

  /**
   * The edited picture, as large as the given one: sides are filled up to multiples of 8 by repeating the edge, and
   * cut off again.
   * @throws UserError where the device cannot take a picture of that size
   */
  async edit(picture: Picture): Promise<Picture> {
    const { width, height } = picture;
    const whole = repeatEdges(picture, MULTIPLE);
    try {
      const editor = await this.#editorFor(whole.width, whole.height);
      return cropPicture(await editor.edit(whole), 0, 0, width, height);
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      const remedy = 'a smaller --size needs less';
      throw new UserError(`${width}x${height} pixels failed on this device: ${error.message}; ${remedy}`, 1, {
        cause: error,
      });
    }
  }

  async #editorFor(width: number, height: number): Promise<Editor> {
    const key = `${width}x${height}`;
    const known = this.#bySize.get(key);
    this.#bySize.delete(key);
    if (!known && this.#bySize.size >= MAX_EDITORS) this.#drop(this.#bySize.keys().next().value!);
    const { config, weights } = this.#edit.base.generator;
    const editor =
      known ??
      (await Editor.create(this.#gpu, config, weights, this.#edit.adapters, this.#context, width, height));
    this.#bySize.set(key, editor);
    return editor;
  }

  #drop(key: string): void {
    this.#bySize.get(key)?.dispose();
    this.#bySize.delete(key);
  }

  dispose(): void {
    for (const key of [...this.#bySize.keys()]) this.#drop(key);
  }
}
