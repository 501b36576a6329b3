import type { Gpu } from '../runtime/gpu.ts';
import { type ParameterGroup, parameterGroup } from '../runtime/group.ts';
import { roundUp, type Shape } from '../runtime/shape.ts';
import type { Adapter, AdapterLayer } from './adapter_layer.ts';
import type { StrongAdapter } from './editor.ts';
import { FormatError, quoted } from './format_error.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import type { LayerSpec, LoraPair } from './layers.ts';
import { runtimeShape, toRuntime } from './layout.ts';
import { defaultRanks, pairShapes, type Ranks } from './lora.ts';

/** Adapters of the usual size that fit side by side before a program has to be compiled again. */
const SPARE = 4;

/** Ranks that adapters need when they take part together, by path. */
export function neededRanks(adapters: readonly StrongAdapter[]): Map<string, number> {
  const needed = new Map<string, number>();
  for (const { adapter } of adapters)
    for (const [path, { rank }] of adapter.layers) needed.set(path, (needed.get(path) ?? 0) + rank);
  return needed;
}

/** Room for these adapters, and for four of the usual size. */
export function blendCapacity(config: GeneratorConfig, adapters: readonly StrongAdapter[]): Ranks {
  const capacity = new Map([...defaultRanks(config)].map(([path, rank]) => [path, rank * SPARE]));
  for (const [path, rank] of neededRanks(adapters))
    capacity.set(path, Math.max(capacity.get(path) ?? 0, rank));
  // The last dimension of A is the rank: whole vec4s need no padding.
  return new Map([...capacity].map(([path, rank]) => [path, roundUp(rank, 4)]));
}

interface RuntimeLayer {
  readonly A: Float32Array;
  readonly B: Float32Array;
}

/** Rows of `width` values, each `pitch` apart; where a bank lies in the group's host copy. */
interface Place {
  readonly offset: number;
  readonly pitch: number;
  readonly shape: Shape;
}

/**
 * Adapters side by side as one LoRA pair per layer: A holds the columns of all, B the rows of all, each times its
 * scale and strength. So a program is compiled once for any set of adapters that fits its capacity, and another
 * strength is one write.
 */
export class AdapterBlend {
  readonly capacity: Ranks;
  readonly #gpu: Gpu;
  readonly #specs: ReadonlyMap<string, LayerSpec>;
  readonly #groups: Readonly<Record<'A' | 'B', ParameterGroup>>;
  readonly #host: Readonly<Record<'A' | 'B', Float32Array>>;
  readonly #runtime = new WeakMap<Adapter, Map<string, RuntimeLayer>>();
  #shown: readonly Adapter[] = [];

  /** No adapter takes part until `set`. */
  constructor(gpu: Gpu, config: GeneratorConfig, capacity: Ranks) {
    this.#gpu = gpu;
    this.capacity = capacity;
    this.#specs = new Map(generatorSpecs(config).map((spec) => [spec.path, spec]));
    const shapes = (part: 'A' | 'B') =>
      new Map(
        [...capacity].map(([path, rank]) => [
          path,
          runtimeShape(pairShapes(this.#specs.get(path)!, rank)[part]),
        ]),
      );
    this.#groups = {
      A: parameterGroup(gpu, 'adapters A', shapes('A')),
      B: parameterGroup(gpu, 'adapters B', shapes('B')),
    };
    this.#host = {
      A: new Float32Array(this.#groups.A.flat.length),
      B: new Float32Array(this.#groups.B.flat.length),
    };
  }

  /** Pairs as Layers take them, with scale 1. */
  get pairs(): Map<string, LoraPair[]> {
    const { A, B } = this.#groups;
    return new Map(
      [...this.capacity.keys()].map((path) => [
        path,
        [{ A: A.tensors.get(path)!, B: B.tensors.get(path)!, scale: 1 }],
      ]),
    );
  }

  /** Whether these fit side by side. */
  fits(adapters: readonly StrongAdapter[]): boolean {
    return [...neededRanks(adapters)].every(([path, rank]) => rank <= (this.capacity.get(path) ?? 0));
  }

  /** Lets these take part from the next run on. @throws FormatError where they do not fit */
  set(adapters: readonly StrongAdapter[]): void {
    if (!this.fits(adapters)) throw new FormatError('more adapters at once than this program has room for');
    const same =
      adapters.length === this.#shown.length && adapters.every((a, i) => a.adapter === this.#shown[i]);
    this.#host.B.fill(0);
    if (!same) this.#host.A.fill(0);
    const used = new Map<string, number>();
    for (const { adapter, strength } of adapters)
      for (const [path, layer] of adapter.layers) {
        const from = used.get(path) ?? 0;
        used.set(path, from + layer.rank);
        if (!same) this.#putA(adapter, path, layer, from);
        this.#putB(adapter, path, layer, from, strength * layer.scale);
      }
    if (!same) this.#gpu.write(this.#groups.A.flat, this.#host.A);
    this.#gpu.write(this.#groups.B.flat, this.#host.B);
    this.#shown = adapters.map((a) => a.adapter);
  }

  #place(part: 'A' | 'B', path: string): Place {
    const { storage, pitch, shape } = this.#groups[part].tensors.get(path)!;
    return { offset: storage.offset / 4, pitch, shape };
  }

  #layer(adapter: Adapter, path: string, { A, B }: AdapterLayer): RuntimeLayer {
    const layers = this.#runtime.get(adapter) ?? new Map<string, RuntimeLayer>();
    this.#runtime.set(adapter, layers);
    const known = layers.get(path) ?? { A: toRuntime(A.shape, A.data), B: toRuntime(B.shape, B.data) };
    layers.set(path, known);
    return known;
  }

  /** A is `[…taps, in, rank]`, or `[…taps, rank, in]` of a transposed convolution. */
  #putA(adapter: Adapter, path: string, layer: AdapterLayer, from: number): void {
    const { A } = this.#layer(adapter, path, layer);
    const { offset, pitch, shape } = this.#place('A', path);
    const { rank, transposed } = layer;
    const width = transposed ? shape.at(-1)! : rank;
    const rows = A.length / width;
    for (let r = 0; r < rows; r++) {
      const tap = Math.floor(r / rank);
      const row = transposed ? tap * shape.at(-2)! + from + (r % rank) : r;
      this.#host.A.set(
        A.subarray(r * width, (r + 1) * width),
        offset + row * pitch + (transposed ? 0 : from),
      );
    }
  }

  /** B is `[…, rank, out]`. */
  #putB(adapter: Adapter, path: string, layer: AdapterLayer, from: number, factor: number): void {
    const { B } = this.#layer(adapter, path, layer);
    const { offset, pitch, shape } = this.#place('B', path);
    const width = shape.at(-1)!;
    for (let k = 0; k < layer.rank; k++)
      for (let o = 0; o < width; o++)
        this.#host.B[offset + (from + k) * pitch + o] = factor * B[k * width + o]!;
  }

  dispose(): void {
    this.#gpu.dispose(this.#groups.A.flat);
    this.#gpu.dispose(this.#groups.B.flat);
  }
}

/** One layer of several adapters: ranks side by side, strengths and scales taken into B. */
function sumLayers(path: string, parts: readonly { layer: AdapterLayer; strength: number }[]): AdapterLayer {
  const rank = parts.reduce((sum, { layer }) => sum + layer.rank, 0);
  const { A: firstA, B: firstB, transposed } = parts[0]!.layer;
  if (parts.some(({ layer }) => layer.transposed !== transposed))
    throw new FormatError(`the adapters disagree on what ${quoted(path)} is`);
  const [shapeA, shapeB] = [[...firstA.shape], [...firstB.shape]];
  shapeA[transposed ? 1 : 0] = rank;
  shapeB[1] = rank;
  const A = new Float32Array((firstA.data.length / parts[0]!.layer.rank) * rank);
  const B = new Float32Array((firstB.data.length / parts[0]!.layer.rank) * rank);
  let from = 0;
  for (const { layer, strength } of parts) {
    // A's blocks: one for all where the rank comes first, one per input channel where it comes second.
    const blocks = transposed ? shapeA[0]! : 1;
    const [own, whole] = [layer.A.data.length / blocks, A.length / blocks];
    for (let i = 0; i < blocks; i++)
      A.set(layer.A.data.subarray(i * own, (i + 1) * own), i * whole + (from * own) / layer.rank);
    for (let o = 0; o < shapeB[0]!; o++)
      for (let k = 0; k < layer.rank; k++)
        B[o * rank + from + k] = strength * layer.scale * layer.B.data[o * layer.rank + k]!;
    from += layer.rank;
  }
  return { A: { shape: shapeA, data: A }, B: { shape: shapeB, data: B }, rank, scale: 1, transposed };
}

/** One adapter that does what several do together at these strengths. @throws FormatError where there is none */
export function sumAdapters(
  adapters: readonly StrongAdapter[],
  metadata: ReadonlyMap<string, string>,
): Adapter {
  const active = adapters.filter(({ strength }) => strength !== 0);
  if (!active.length) throw new FormatError('no adapter takes part: raise a strength first');
  const parts = new Map<string, { layer: AdapterLayer; strength: number }[]>();
  for (const { adapter, strength } of active)
    for (const [path, layer] of adapter.layers)
      parts.set(path, [...(parts.get(path) ?? []), { layer, strength }]);
  const layers = new Map([...parts].map(([path, all]) => [path, sumLayers(path, all)]));
  return { layers, metadata, baseModel: active[0]!.adapter.baseModel };
}
