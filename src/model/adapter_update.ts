import type { AdapterLayer } from './adapter_layer.ts';
import type { StrongAdapter } from './editor.ts';
import { FormatError, quoted } from './format_error.ts';
import { type AdaptableModule, matchAdapter } from './match_adapter.ts';
import type { FloatArray } from './safetensors.ts';
import type { Arrays } from './weights.ts';

/** Shape of the weight that a layer changes, as in files. */
export function updateShape({ A, B, transposed }: AdapterLayer): readonly number[] {
  const [first, second, ...kernel] = A.shape as [number, number, ...number[]];
  const out = B.shape[0]!;
  return transposed ? [first, out, ...kernel] : [out, second, ...kernel];
}

/** Adds `factor · B A` to a weight's values, in the order of its file. */
function addProduct(values: Float64Array, { A, B, rank, transposed }: AdapterLayer, factor: number): void {
  const out = B.shape[0]!;
  // Runs of A that one value of B multiplies: all of a row, or one input's taps where the inputs come first.
  const rows = transposed ? A.shape[0]! : 1;
  const run = A.data.length / rows / rank;
  for (let i = 0; i < rows; i++) {
    for (let o = 0; o < out; o++) {
      const to = (i * out + o) * run;
      for (let r = 0; r < rank; r++) {
        const b = factor * B.data[o * rank + r]!;
        const from = (i * rank + r) * run;
        for (let j = 0; j < run; j++) values[to + j]! += b * A.data[from + j]!;
      }
    }
  }
}

/**
 * Frobenius norm of a layer's change, `|scale B A|`, by way of the Gram matrices of A and B: no change is formed.
 * `|BA|² = sum over r, s of (A Aᵀ)[r,s] (Bᵀ B)[r,s]`, in float64.
 */
export function updateNorm({ A, B, rank, scale, transposed }: AdapterLayer): number {
  const rows = transposed ? A.shape[0]! : 1;
  const run = A.data.length / rows / rank;
  const out = B.shape[0]!;
  let square = 0;
  for (let r = 0; r < rank; r++) {
    for (let s = 0; s <= r; s++) {
      let [a, b] = [0, 0];
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < run; j++)
          a += A.data[(i * rank + r) * run + j]! * A.data[(i * rank + s) * run + j]!;
      for (let o = 0; o < out; o++) b += B.data[o * rank + r]! * B.data[o * rank + s]!;
      square += (r === s ? 1 : 2) * a * b;
    }
  }
  return Math.abs(scale) * Math.sqrt(Math.max(0, square));
}

/**
 * A network's weights with adapters added: `W' = W + sum of strength · scale · B A`, summed in float64, rounded once to
 * float32. A negative strength takes an adapter out again, to within that rounding.
 *
 * @param weights of the network; those that no adapter changes are returned as they are
 * @throws FormatError where an adapter does not fit, or a weight leaves float32
 */
export function mergeAdapters(
  weights: Arrays,
  modules: ReadonlyMap<string, AdaptableModule>,
  adapters: readonly StrongAdapter[],
): Map<string, FloatArray> {
  const sums = new Map<string, Float64Array>();
  for (const { adapter, strength } of adapters) {
    matchAdapter(adapter, modules);
    for (const [path, layer] of adapter.layers) {
      const name = `${path}.weight`;
      const values = sums.get(name) ?? Float64Array.from(weights.get(name)!.data);
      addProduct(values, layer, strength * layer.scale);
      sums.set(name, values);
    }
  }
  const merged = new Map(weights);
  for (const [name, values] of sums) {
    const data = Float32Array.from(values);
    if (!data.every(Number.isFinite)) throw new FormatError(`${quoted(name)} would leave float32`);
    merged.set(name, { shape: weights.get(name)!.shape, data });
  }
  return merged;
}
