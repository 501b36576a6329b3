import { cast } from '../runtime/ops/cast.ts';
import { type ConvTransposeOptions, convTranspose2d } from '../runtime/ops/conv_transpose2d.ts';
import { convTranspose2dLora } from '../runtime/ops/conv_transpose2d_lora.ts';
import { type ConvOptions, conv2d } from '../runtime/ops/conv2d.ts';
import { conv2dLora } from '../runtime/ops/conv2d_lora.ts';
import { linearLora } from '../runtime/ops/linear_lora.ts';
import { linear } from '../runtime/ops/matmul.ts';
import { type LoraKind, mergeLora } from '../runtime/ops/merge_lora.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { AdaptableModule } from './match_adapter.ts';

/** One layer with weights. A `norm` has a weight and a bias per channel. */
export interface LayerSpec {
  readonly path: string;
  readonly kind: AdaptableModule['kind'] | 'norm';
  /** Shape of the weight as in files. */
  readonly weight: readonly number[];
  readonly bias: boolean;
  /** How training from scratch starts its weight, where not by the rule of its kind (train/init.ts). */
  readonly init?: 'zero' | 'he' | { readonly std: number };
}

/** Number of channels that a layer's bias has. */
export function biasLength({ kind, weight }: LayerSpec): number {
  return kind === 'conv_transpose2d' ? weight[1]! : weight[0]!;
}

/** Shapes of a network's parameters in files, by name, in the order of its layers. */
export function parameterShapes(specs: readonly LayerSpec[]): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const spec of specs) {
    shapes.set(`${spec.path}.weight`, spec.weight);
    if (spec.bias) shapes.set(`${spec.path}.bias`, [biasLength(spec)]);
  }
  return shapes;
}

/** A LoRA pair on the device, in the runtime's layout; `scale` is alpha / r, or a one-element tensor that holds it. */
export interface LoraPair {
  readonly A: Tensor;
  readonly B: Tensor;
  readonly scale: number | Tensor;
}

/** How adapters take part: computed beside each weight, or added into it (once, where nothing they hang on changes). */
export type LoraMode = 'beside' | 'merged';

/**
 * A network's weights while it is traced: layers by path, each with the LoRA pairs that change it. Networks are written
 * against this, so that plain, adapted and merged runs share one forward.
 */
export class Layers {
  readonly #parameters: ReadonlyMap<string, Tensor>;
  readonly #lora: ReadonlyMap<string, readonly LoraPair[]>;
  readonly #mode: LoraMode;

  constructor(
    parameters: ReadonlyMap<string, Tensor>,
    lora: ReadonlyMap<string, readonly LoraPair[]> = new Map(),
    mode: LoraMode = 'beside',
  ) {
    this.#parameters = parameters;
    this.#lora = lora;
    this.#mode = mode;
  }

  #get(
    tape: Tape | null,
    path: string,
    kind: LoraKind,
  ): { w: Tensor; b: Tensor | null; pair: LoraPair | null } {
    const w = this.#parameters.get(`${path}.weight`);
    if (!w) throw new Error(`the network has no weights for ${path}`);
    const b = this.#parameters.get(`${path}.bias`) ?? null;
    const pairs = this.#lora.get(path) ?? [];
    const beside = this.#mode === 'beside' && pairs.length === 1;
    // Where it hangs on nothing that changes, the planner rounds a weight once.
    const stored = (weight: Tensor) => cast(tape, weight, weight.gpu.storage);
    if (beside) return { w: stored(w), b, pair: pairs[0]! };
    const merged = pairs.reduce((sum, { A, B, scale }) => mergeLora(sum, A, B, scale, kind), w);
    return { w: stored(merged), b, pair: null };
  }

  conv2d(tape: Tape | null, path: string, x: Tensor, options: ConvOptions): Tensor {
    return x.gpu.scope(path, () => {
      const { w, b, pair } = this.#get(tape, path, 'conv2d');
      return pair ? conv2dLora(tape, x, w, b, pair, options) : conv2d(tape, x, w, b, options);
    });
  }

  convTranspose2d(tape: Tape | null, path: string, x: Tensor, options: ConvTransposeOptions): Tensor {
    return x.gpu.scope(path, () => {
      const { w, b, pair } = this.#get(tape, path, 'conv_transpose2d');
      return pair
        ? convTranspose2dLora(tape, x, w, b, pair, options)
        : convTranspose2d(tape, x, w, b, options);
    });
  }

  linear(tape: Tape | null, path: string, x: Tensor, residual: Tensor | null = null): Tensor {
    return x.gpu.scope(path, () => {
      const { w, b, pair } = this.#get(tape, path, 'linear');
      return pair ? linearLora(tape, x, w, b, pair, residual) : linear(tape, x, w, b, residual);
    });
  }

  /** Weight and bias of a norm. */
  norm(path: string): { weight: Tensor; bias: Tensor } {
    const { weight, bias } = this.raw(path);
    if (!bias) throw new Error(`the network has no bias for ${path}`);
    return { weight, bias };
  }

  /** Weight and bias as they are stored, for networks that scale them themselves; such layers take no adapters. */
  raw(path: string): { weight: Tensor; bias: Tensor | null } {
    const weight = this.#parameters.get(`${path}.weight`);
    if (!weight) throw new Error(`the network has no weights for ${path}`);
    return { weight, bias: this.#parameters.get(`${path}.bias`) ?? null };
  }
}
