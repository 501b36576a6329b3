import { ADAPTER_METADATA } from '../model/adapter_file.ts';
import { Editor } from '../model/editor.ts';
import { mergedAdapters } from '../model/merge_record.ts';
import type { Picture } from '../model/picture.ts';
import { hashedPrompt } from '../model/text.ts';
import { KernelError } from '../runtime/errors.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { inPath } from './adapter/stored.ts';
import { type LoadedAdapter, readAdapterArgument } from './adapter_argument.ts';
import { type BaseModel, type NetworkModel, readNetworkModel } from './base_model.ts';
import type { EditOptions } from './edit_options.ts';
import { UserError, usageError } from './errors.ts';
import { cropPicture, repeatEdges } from './images/crop.ts';

/** Compiled sizes kept at once; a folder of photographs has few. */
const MAX_EDITORS = 4;

/** A generator with adapters and the prompt that goes with them, read from disk. */
export interface Edit {
  readonly base: NetworkModel;
  readonly adapters: readonly LoadedAdapter[];
  readonly prompt: string;
}

/**
 * Reads what an edit needs. Without `prompt`, it is what the adapters were trained with.
 * @throws UserError naming the file
 */
export async function readEdit(options: EditOptions, warn: (line: string) => void): Promise<Edit> {
  const base = await readNetworkModel(options.base);
  const adapters: LoadedAdapter[] = [];
  for (const argument of options.adapter) {
    const adapted = adaptable(base, argument.path);
    adapters.push(await readAdapterArgument(argument, adapted, warn));
  }
  return { base, adapters, prompt: options.prompt ?? trainedPrompt(base, adapters) };
}

/** The base that adapters change. @throws UserError where it is no E2GAN generator */
function adaptable({ design, weights, about, ...file }: NetworkModel, adapter: string): BaseModel {
  if (design.kind !== 'e2gan')
    throw usageError(
      `${adapter}: adapters change E2GAN's generator, and ${file.path} is a ${design.kind}; leave --adapter out or name another --base`,
    );
  const generator = { config: design.config, weights, about };
  return { path: file.path, name: file.name, sha256: file.sha256, generator, discriminator: null };
}

/** The prompts that adapters, merged ones too, were trained with, each once; without any, what the base was made with. */
function trainedPrompt({ path, about }: NetworkModel, adapters: readonly LoadedAdapter[]): string {
  const merged = inPath(path, () => mergedAdapters(about));
  const prompts = [
    ...merged.map(({ prompt }) => prompt),
    ...adapters.map(({ adapter }) => adapter.metadata.get(ADAPTER_METADATA.prompt) ?? ''),
  ];
  const used = new Set(prompts.filter((prompt) => prompt !== ''));
  return used.size > 0 ? [...used].join(', ') : (about.get(ADAPTER_METADATA.prompt) ?? '');
}

/** Edits pictures of any size: compiled once per size, the latest few sizes are kept. */
export class Editors {
  readonly #gpu: Gpu;
  readonly #edit: Edit;
  readonly #context: Float32Array | null;
  readonly #bySize = new Map<string, Editor>();

  constructor(gpu: Gpu, edit: Edit) {
    this.#gpu = gpu;
    this.#edit = edit;
    const { context } = edit.base.network;
    this.#context = context === null ? null : hashedPrompt(edit.prompt, context);
  }

  /**
   * The edited picture, as large as the given one: sides are filled up to the network's multiples by repeating the edge, and
   * cut off again.
   * @throws UserError where the device cannot take a picture of that size
   */
  async edit(picture: Picture): Promise<Picture> {
    const { width, height } = picture;
    const { multiple, edge } = this.#edit.base.network;
    if (edge !== undefined && (width !== edge || height !== edge))
      throw new UserError(
        `${width}x${height} pixels: ${this.#edit.base.path} takes squares of ${edge} pixels alone; cut to a square and scale (--size ${edge})`,
      );
    const whole = repeatEdges(picture, multiple);
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
    const { base, adapters } = this.#edit;
    const editor =
      known ??
      (await Editor.open(this.#gpu, base.network, base.weights, adapters, this.#context, width, height));
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
