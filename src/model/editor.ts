import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { type TuneOptions, type Tuning, tune } from '../runtime/tune.ts';
import type { Adapter } from './adapter_layer.ts';
import { FormatError } from './format_error.ts';
import { generatorForward } from './generator.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import { type LayerSpec, Layers, type LoraPair, parameterShapes } from './layers.ts';
import { runtimeShape, toRuntime } from './layout.ts';
import { type AdaptableModule, matchAdapter } from './match_adapter.ts';
import { type Picture, pictureValues, valuesPicture } from './picture.ts';
import { PROMPT_TOKENS } from './text.ts';
import { type Arrays, Weights } from './weights.ts';

/** An adapter with the strength it takes part with: 0 leaves the base, 1 is as trained. */
export interface StrongAdapter {
  readonly adapter: Adapter;
  readonly strength: number;
}

/** Modules of a generator that adapters may change, by path. */
export function adaptableModules(specs: readonly LayerSpec[]): Map<string, AdaptableModule> {
  const modules = new Map<string, AdaptableModule>();
  for (const { path, kind, weight } of specs)
    if (kind !== 'norm') modules.set(path, { kind, weightShape: weight });
  return modules;
}

/** Puts adapters on the device as LoRA pairs by path; several on one layer add up. @throws FormatError */
export function uploadAdapters(
  gpu: Gpu,
  specs: readonly LayerSpec[],
  adapters: readonly StrongAdapter[],
): Map<string, LoraPair[]> {
  const modules = adaptableModules(specs);
  const pairs = new Map<string, LoraPair[]>();
  for (const { adapter, strength } of adapters) {
    matchAdapter(adapter, modules);
    for (const [path, { A, B, scale }] of adapter.layers) {
      const upload = (name: string, { shape, data }: typeof A): Tensor =>
        gpu.parameter(name, runtimeShape(shape), toRuntime(shape, data));
      const pair = {
        A: upload(`${path}.lora_A`, A),
        B: upload(`${path}.lora_B`, B),
        scale: scale * strength,
      };
      pairs.set(path, [...(pairs.get(path) ?? []), pair]);
    }
  }
  return pairs;
}

/** A generator with its adapters merged, ready for pictures of one size. */
export class Editor {
  readonly width: number;
  readonly height: number;
  readonly #program: Program;
  readonly #owned: readonly { dispose(): void }[];

  private constructor(
    program: Program,
    width: number,
    height: number,
    owned: readonly { dispose(): void }[],
  ) {
    this.#program = program;
    this.width = width;
    this.height = height;
    this.#owned = owned;
  }

  /**
   * @param context - the prompt's tokens, `[77, config.context]`
   * @param width - pixels, a multiple of 8; so is `height`
   * @throws FormatError, KernelError
   */
  static async create(
    gpu: Gpu,
    config: GeneratorConfig,
    weights: Arrays,
    adapters: readonly StrongAdapter[],
    context: Float32Array,
    width: number,
    height: number,
  ): Promise<Editor> {
    if (width % 8 || height % 8)
      throw new FormatError(`pictures must be multiples of 8 pixels, not ${width}x${height}`);
    const specs = generatorSpecs(config);
    const base = new Weights(gpu, 'generator', parameterShapes(specs));
    base.load(weights);
    const lora = uploadAdapters(gpu, specs, adapters);
    const prompt = gpu.parameter('prompt', [1, PROMPT_TOKENS, config.context], context);
    const layers = new Layers(base.tensors, lora, 'merged');
    const program = await gpu.compile(() => ({
      y: generatorForward(null, layers, config, gpu.input('x', [1, height, width, 3]), prompt),
    }));
    const tensors = [prompt, ...[...lora.values()].flat().flatMap(({ A, B }) => [A, B])];
    const owned = [program, base, ...tensors.map((t) => ({ dispose: () => gpu.dispose(t) }))];
    return new Editor(program, width, height, owned);
  }

  /** The edited picture. @throws FormatError where the size differs; KernelError */
  async edit(picture: Picture): Promise<Picture> {
    const { width, height } = this;
    if (picture.width !== width || picture.height !== height) {
      throw new FormatError(
        `the picture is ${picture.width}x${picture.height}, this editor is for ${width}x${height}`,
      );
    }
    const { y } = await this.#program.run({ x: pictureValues(picture) });
    return valuesPicture(y!, width, height);
  }

  /** GPU time of each kernel of a frame. */
  profile(repeats: number): ReturnType<Program['profile']> {
    return this.#program.profile(repeats);
  }

  /** Times the forms of a frame's kernels. */
  tune(options: TuneOptions): Promise<Tuning> {
    return tune(this.#program, options);
  }

  dispose(): void {
    for (const part of this.#owned) part.dispose();
  }
}
