import { toFile, toRuntime } from '../../src/model/layout.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import type { WeightKind } from './graph.ts';
import type { Floats } from './values.ts';

// The layouts of PyTorch, ONNX and JAX: pictures `[n, c, h, w]`, convolutions `[out, in, kh, kw]`, transposed ones
// `[in, out, kh, kw]`. Linear layers stay `[in, out]`: all of them multiply by x from the left.

/** `[n, h, w, c]` as `[n, c, h, w]`; other ranks stay. */
export function channelsFirstShape(shape: Shape): Shape {
  const [n, h, w, c] = shape as [number, number, number, number];
  return shape.length === 4 ? [n, c, h, w] : shape;
}

/** `[n, c, h, w]` as `[n, h, w, c]`; other ranks stay. */
export function channelsLastShape(shape: Shape): Shape {
  const [n, c, h, w] = shape as [number, number, number, number];
  return shape.length === 4 ? [n, h, w, c] : shape;
}

function swap(data: Float32Array, n: number, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  const size = rows * columns;
  for (let b = 0; b < n; b++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) out[b * size + c * rows + r] = data[b * size + r * columns + c]!;
  return out;
}

/** A picture `[n, h, w, c]` to `[n, c, h, w]`. */
export function pictureFirst({ shape, data }: Floats): Floats {
  if (shape.length !== 4) return { shape, data };
  const [n, h, w, c] = shape as [number, number, number, number];
  return { shape: channelsFirstShape(shape), data: swap(data, n, h * w, c) };
}

/** The inverse of {@link pictureFirst}. */
export function pictureLast({ shape, data }: Floats): Floats {
  if (shape.length !== 4) return { shape, data };
  const [n, c, h, w] = shape as [number, number, number, number];
  return { shape: channelsLastShape(shape), data: swap(data, n, c, h * w) };
}

/** Shape in files of a convolution's weight that the runtime keeps as `[kh, kw, i, o]`. */
const fileShape = ([kh, kw, i, o]: Shape): Shape => [o!, i!, kh!, kw!];

/** A weight of the runtime to the layout of files and other libraries. */
export function weightFirst({ shape, data }: Floats, kind: WeightKind): Floats {
  if (kind !== 'conv2d' && kind !== 'conv_transpose2d') return { shape, data };
  const to = fileShape(shape);
  return { shape: to, data: Float32Array.from(toFile(to, data)) };
}

/** The inverse of {@link weightFirst}; `shape` is that of files. */
export function weightLast({ shape, data }: Floats, kind: WeightKind): Floats {
  if (kind !== 'conv2d' && kind !== 'conv_transpose2d') return { shape, data };
  const [o, i, kh, kw] = shape as [number, number, number, number];
  return { shape: [kh, kw, i, o], data: Float32Array.from(toRuntime(shape, data)) };
}

/** What a graph names, converted for a library that keeps channels first. */
export const channelsFirst = (values: Floats, kind: WeightKind | 'input'): Floats =>
  kind === 'input' ? pictureFirst(values) : weightFirst(values, kind);

/** What such a library gives back, an output or a gradient, converted to the runtime's layout. */
export const channelsLast = (values: Floats, kind: WeightKind | 'input'): Floats =>
  kind === 'input' ? pictureLast(values) : weightLast(values, kind);
