import type { Gpu } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import { product } from '../runtime/shape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { Adapter } from './adapter_layer.ts';
import { FormatError } from './format_error.ts';
import { FrozenWeights } from './frozen.ts';
import { e2ganNetwork, type GeneratorNetwork } from './generator_network.ts';
import type { GeneratorConfig } from './generator_spec.ts';
import { type LayerSpec, Layers, type LoraPair, parameterShapes } from './layers.ts';
import { runtimeShape, toRuntime } from './layout.ts';
import { type AdaptableModule, matchAdapter } from './match_adapter.ts';
import { type Picture, pictureValues, valuesPicture } from './picture.ts';
import { PROMPT_TOKENS } from './text.ts';
import { type Arrays, matchArrays, Weights } from './weights.ts';

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

/** All weights in one buffer, or in one each where the device binds none so large. @throws FormatError */
function uploadWeights(gpu: Gpu, specs: readonly LayerSpec[], weights: Arrays): Weights | FrozenWeights {
  const shapes = parameterShapes(specs);
  const values = [...shapes.values()].reduce((sum, shape) => sum + product(shape), 0);
  if (4 * values > gpu.device.limits.maxStorageBufferBindingSize) {
    matchArrays(shapes, weights);
    return new FrozenWeights(gpu, weights);
  }
  const base = new Weights(gpu, 'generator', shapes);
  base.load(weights);
  return base;
}

/** @throws FormatError where a network does not take pictures of this size */
function checkSize({ multiple, edge }: GeneratorNetwork, width: number, height: number): void {
  if (edge !== undefined && (width !== edge || height !== edge))
    throw new FormatError(`pictures must be ${edge}x${edge} pixels, not ${width}x${height}`);
  if (width % multiple || height % multiple)
    throw new FormatError(`pictures must be multiples of ${multiple} pixels, not ${width}x${height}`);
}

/** A generator with its adapters merged, ready for pictures of one size. */
export class Editor {
  readonly width: number;
  readonly height: number;
  /** What a frame is: for profiles. */
  readonly program: Program;
  readonly #owned: readonly { dispose(): void }[];

  private constructor(
    program: Program,
    width: number,
    height: number,
    owned: readonly { dispose(): void }[],
  ) {
    this.program = program;
    this.width = width;
    this.height = height;
    this.#owned = owned;
  }

  /**
   * An editor for E2GAN's generator.
   *
   * @param context - the prompt's tokens, `[77, config.context]`
   * @param width - pixels, a multiple of 8; so is `height`
   * @throws FormatError, KernelError
   */
  static create(
    gpu: Gpu,
    config: GeneratorConfig,
    weights: Arrays,
    adapters: readonly StrongAdapter[],
    context: Float32Array,
    width: number,
    height: number,
  ): Promise<Editor> {
    return Editor.open(gpu, e2ganNetwork(config), weights, adapters, context, width, height);
  }

  /**
   * An editor for any generator.
   *
   * @param context - the prompt's tokens, `[77, network.context]`; not read where the network reads no prompt
   * @param width - pixels, a multiple of `network.multiple`; so is `height`
   * @throws FormatError, KernelError
   */
  static async open(
    gpu: Gpu,
    network: GeneratorNetwork,
    weights: Arrays,
    adapters: readonly StrongAdapter[],
    context: Float32Array | null,
    width: number,
    height: number,
  ): Promise<Editor> {
    checkSize(network, width, height);
    const base = uploadWeights(gpu, network.specs, weights);
    const lora = uploadAdapters(gpu, network.specs, adapters);
    const prompt =
      network.context === null
        ? null
        : gpu.parameter('prompt', [1, PROMPT_TOKENS, network.context], context ?? undefined);
    const layers = new Layers(base.tensors, lora, 'merged');
    const program = await gpu.compile(() => ({
      y: network.forward(null, layers, gpu.input('x', [1, height, width, 3]), prompt),
    }));
    const pairs = [...lora.values()].flat().flatMap(({ A, B }) => [A, B]);
    const tensors = [...(prompt ? [prompt] : []), ...pairs];
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
    const { y } = await this.program.run({ x: pictureValues(picture) });
    return valuesPicture(y!, width, height);
  }

  dispose(): void {
    for (const part of this.#owned) part.dispose();
  }
}
