/** Logical dimensions, outermost first: pictures are `[n, h, w, c]`, token rows `[b, l, e]`, weights `[in, out]`. */
export type Shape = readonly number[];

export const product = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** `n` rounded up to a multiple of `step`. */
export const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/**
 * Storage of a shape: its last dimension is padded to `pitch`, a multiple of 4, and the padding holds zeros; so kernels
 * may read any row as `vec4f`.
 */
export interface Extent {
  /** Floats in one padded row. */
  readonly pitch: number;
  /** Rows: the product of all dimensions but the last. */
  readonly rows: number;
  /** Floats in all. */
  readonly length: number;
}

export function extentOf(shape: Shape): Extent {
  const last = shape.at(-1) ?? 1;
  const pitch = roundUp(last, 4);
  const rows = product(shape.slice(0, -1));
  return { pitch, rows, length: rows * pitch };
}

/** Dense values to padded storage. */
export function padRows(values: ArrayLike<number>, shape: Shape): Float32Array<ArrayBuffer> {
  const { pitch, rows, length } = extentOf(shape);
  const last = shape.at(-1) ?? 1;
  const out = new Float32Array(length);
  if (pitch === last) out.set(values);
  else
    for (let r = 0; r < rows; r++) for (let i = 0; i < last; i++) out[r * pitch + i] = values[r * last + i]!;
  return out;
}

/** Padded storage to dense values. */
export function unpadRows(stored: Float32Array, shape: Shape): Float32Array<ArrayBuffer> {
  const { pitch, rows } = extentOf(shape);
  const last = shape.at(-1) ?? 1;
  if (pitch === last) return stored.slice(0, rows * last);
  const out = new Float32Array(rows * last);
  for (let r = 0; r < rows; r++) for (let i = 0; i < last; i++) out[r * last + i] = stored[r * pitch + i]!;
  return out;
}

/** Workgroup counts for `n` threads in workgroups of `wg`, folded into two dimensions above 65,535. */
export function grid1d(n: number, wg: number): readonly [number, number] {
  const groups = Math.ceil(n / wg);
  if (groups <= 65535) return [groups, 1];
  const x = Math.ceil(Math.sqrt(groups));
  return [x, Math.ceil(groups / x)];
}
