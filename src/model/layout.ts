import { product, type Shape } from '../runtime/shape.ts';

/**
 * Where the runtime keeps a weight of a file: `[o, i, kh, kw]` becomes `[kh, kw, i, o]`, `[o, i]` becomes `[i, o]`,
 * vectors stay. A transposed convolution's `[in, out, kh, kw]` is the weight of the convolution that it transposes,
 * so the same rule gives `[kh, kw, out, in]`, which is what its op takes.
 */
export function runtimeShape(shape: Shape): Shape {
  const [o, i, kh, kw] = shape as [number, number, number, number];
  if (shape.length === 4) return [kh, kw, i, o];
  return shape.length === 2 ? [i, o] : shape;
}

/** Source index in the file for each value of the runtime, in the runtime's order. */
function* fileIndices(shape: Shape): Generator<number> {
  const [o, i, kh = 1, kw = 1] = shape as [number, number, number?, number?];
  const taps = kh * kw;
  for (let t = 0; t < taps; t++)
    for (let c = 0; c < i; c++) for (let f = 0; f < o; f++) yield (f * i + c) * taps + t;
}

const isVector = (shape: Shape): boolean => shape.length !== 4 && shape.length !== 2;

/** Values in a file's order to the runtime's; `shape` is the file's. */
export function toRuntime(shape: Shape, values: ArrayLike<number>): Float32Array {
  if (isVector(shape)) return Float32Array.from(values);
  const out = new Float32Array(product(shape));
  let at = 0;
  for (const from of fileIndices(shape)) out[at++] = values[from]!;
  return out;
}

/** The inverse of {@link toRuntime}. */
export function toFile(shape: Shape, values: ArrayLike<number>): Float32Array {
  if (isVector(shape)) return Float32Array.from(values);
  const out = new Float32Array(product(shape));
  let at = 0;
  for (const to of fileIndices(shape)) out[to] = values[at++]!;
  return out;
}
