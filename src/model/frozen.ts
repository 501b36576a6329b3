import type { Gpu } from '../runtime/gpu.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { runtimeShape, toRuntime } from './layout.ts';
import type { Arrays } from './weights.ts';

/** Weights on the device that nothing trains: one buffer each, so that no network is too large for one binding. */
export class FrozenWeights {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly #gpu: Gpu;

  /**
   * @param arrays - weights of layers, in files' layout
   * @param rows - arrays that are no weight of a product (embeddings) and keep their layout
   */
  constructor(gpu: Gpu, arrays: Arrays, rows: Arrays = new Map()) {
    this.#gpu = gpu;
    const tensors = new Map<string, Tensor>();
    for (const [name, { shape, data }] of arrays)
      tensors.set(name, gpu.parameter(name, runtimeShape(shape), toRuntime(shape, data)));
    for (const [name, { shape, data }] of rows) tensors.set(name, gpu.parameter(name, shape, data));
    this.tensors = tensors;
  }

  dispose(): void {
    for (const tensor of this.tensors.values()) this.#gpu.dispose(tensor);
  }
}
