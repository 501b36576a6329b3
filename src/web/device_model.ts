import { navigatorGpu } from '#navigator-gpu';
import { AdapterBlend, blendCapacity } from '../model/adapter_blend.ts';
import type { StrongAdapter } from '../model/editor.ts';
import { generatorForward } from '../model/generator.ts';
import { generatorSpecs } from '../model/generator_spec.ts';
import { Layers, parameterShapes } from '../model/layers.ts';
import { PROMPT_TOKENS } from '../model/text.ts';
import { Weights } from '../model/weights.ts';
import { Gpu, type OpenOptions } from '../runtime/gpu.ts';
import type { Program } from '../runtime/program.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { Frames } from './frames.ts';
import type { Base, LoadedAdapter } from './model_files.ts';

/** An adapter that takes part, with its strength. */
export interface ActiveAdapter extends StrongAdapter {
  readonly loaded: LoadedAdapter;
}

/** A program for one picture size, and the way in and out of it where there are canvases. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly program: Program;
  readonly frames: Frames | null;
}

/** Pictures go from and to canvases only where a browser is. */
const hasCanvas = (): boolean =>
  typeof HTMLCanvasElement === 'function' || typeof OffscreenCanvas === 'function';

/** The mean of the adapters' prompts, each as strong as its adapter; of all alike where none has a strength. */
function blendedPrompt(adapters: readonly ActiveAdapter[], length: number): Float32Array {
  const prompt = new Float32Array(length);
  const total = adapters.reduce((sum, a) => sum + Math.abs(a.strength), 0);
  for (const { loaded, strength } of adapters) {
    const share = total ? Math.abs(strength) / total : 1 / adapters.length;
    for (let i = 0; i < length; i++) prompt[i]! += share * loaded.context[i]!;
  }
  return prompt;
}

/** Whom a compilation tells. */
export interface ViewEvents {
  readonly onPipeline: (done: number, total: number) => void;
  readonly onCompiled: () => void;
}

const takingPart = (adapters: readonly ActiveAdapter[]) => adapters.filter((a) => a.strength !== 0);

/** A base with adapters on one device: all of it is lost with the device, and nothing else is. */
export class DeviceModel {
  readonly gpu: Gpu;
  readonly base: Base;
  readonly #weights: Weights;
  readonly #prompt: Tensor;
  #blend: AdapterBlend;
  #old: AdapterBlend | null = null;

  private constructor(gpu: Gpu, base: Base) {
    const { config, weights } = base.generator;
    this.gpu = gpu;
    this.base = base;
    this.#weights = new Weights(gpu, 'generator', parameterShapes(generatorSpecs(config)));
    this.#weights.load(weights);
    this.#prompt = gpu.parameter('prompt', [1, PROMPT_TOKENS, config.context]);
    this.#blend = new AdapterBlend(gpu, config, blendCapacity(config, []));
  }

  /** Opens a device of its own. @throws Error where none answers */
  static async open(base: Base, options: OpenOptions): Promise<DeviceModel> {
    return new DeviceModel(await Gpu.open(options), base);
  }

  /** Whether these can take part in the views that are compiled. */
  fits(adapters: readonly ActiveAdapter[]): boolean {
    return this.#blend.fits(takingPart(adapters));
  }

  /** Lets these take part from the next frame on; where they do not fit, only in views that are compiled later. */
  set(adapters: readonly ActiveAdapter[]): void {
    const active = takingPart(adapters);
    if (!this.#blend.fits(active)) {
      const { config } = this.base.generator;
      this.#old ??= this.#blend;
      this.#blend = new AdapterBlend(this.gpu, config, blendCapacity(config, active));
    }
    this.#blend.set(active);
    this.gpu.write(this.#prompt, blendedPrompt(adapters, this.#prompt.size));
  }

  /** Gives back what only views of before used. */
  forgetOld(): void {
    this.#old?.dispose();
    this.#old = null;
  }

  /** A program for pictures of one size, and one frame run with it, so that the first real one does not stutter. */
  async view(width: number, height: number, { onPipeline, onCompiled }: ViewEvents): Promise<View> {
    const { gpu } = this;
    const layers = new Layers(this.#weights.tensors, this.#blend.pairs, 'merged');
    const { config } = this.base.generator;
    const program = await gpu.compile(
      () => ({
        y: generatorForward(null, layers, config, gpu.input('x', [1, height, width, 3]), this.#prompt),
      }),
      onPipeline,
    );
    onCompiled();
    const frames = hasCanvas()
      ? await Frames.create(gpu, program, navigatorGpu().getPreferredCanvasFormat())
      : null;
    if (frames) await frames.warm();
    else await program.run();
    return { width, height, program, frames };
  }

  dispose(): void {
    this.gpu.close();
  }
}

/** Gives back what a view holds. */
export function disposeView({ program, frames }: View): void {
  frames?.dispose();
  program.dispose();
}
