import { product, type Shape } from '../../src/runtime/shape.ts';

/** Axes of a tensor in the runtime, each as the file's axes that it joins, outermost first. */
type Axes = readonly (readonly number[])[];

/** How a tensor of a file, PyTorch's, lies in the runtime, given its number of dimensions there. */
export type Layout = (rank: number) => Axes;

/** As it is; a scalar becomes one element. */
export const same: Layout = (rank) => (rank ? Array.from({ length: rank }, (_, i) => [i]) : [[]]);

/**
 * A layout in letters: `layout('b h l d', 'b l (h d)')` moves the heads inside and joins them with their sizes.
 * @throws Error, when it is used, for a tensor with another number of dimensions
 */
export function layout(file: string, runtime: string): Layout {
  const letters = file.split(' ');
  const groups = runtime.match(/\([^)]*\)|\S/g) ?? [];
  const axes = groups.map((group) => (group.match(/\w/g) ?? []).map((letter) => letters.indexOf(letter)));
  return (rank) => {
    if (rank !== letters.length)
      throw new Error(`${letters.length} dimensions, ${file}, are wanted, ${rank} came`);
    return axes;
  };
}

/** One axis, counted from the end where negative, becomes the innermost. */
export const innermost =
  (axis: number): Layout =>
  (rank) => {
    const moved = axis < 0 ? axis + rank : axis;
    return [...same(rank).filter(([i]) => i !== moved), [moved]];
  };

/** The last `count` axes become one. */
export const joined =
  (count: number): Layout =>
  (rank) => {
    const axes = same(rank);
    return [...axes.slice(0, rank - count), axes.slice(rank - count).flat()];
  };

export const PICTURE = layout('n c h w', 'n h w c');
const KERNEL = layout('o i h w', 'h w i o');
const MATRIX = layout('o i', 'i o');

/** Activations of networks: pictures, else as they are. */
export const activationLayout: Layout = (rank) => (rank === 4 ? PICTURE : same)(rank);

/** Weights: kernels (those of a transposed convolution too), matrices, else vectors. */
export const weightLayout: Layout = (rank) => (rank === 4 ? KERNEL : rank === 2 ? MATRIX : same)(rank);

/** A tensor of a file with its layout. */
export interface Placed {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
  readonly layout: Layout;
}

/** The shape that it has in the runtime. */
export const runtimeShape = ({ shape, layout }: Omit<Placed, 'data'>): Shape =>
  layout(shape.length).map((axes) => product(axes.map((axis) => shape[axis]!)));

/** Index in the file of each value of the runtime, in the runtime's order. */
function fileIndices({ shape, layout }: Omit<Placed, 'data'>): number[] {
  let indices = [0];
  for (const axis of layout(shape.length).flat()) {
    const stride = product(shape.slice(axis + 1));
    const steps = Array.from({ length: shape[axis]! }, (_, i) => i * stride);
    indices = indices.flatMap((start) => steps.map((step) => start + step));
  }
  return indices;
}

/** The values in the runtime's order. */
export const toRuntime = (placed: Placed): Float32Array =>
  Float32Array.from(fileIndices(placed), (i) => placed.data[i]!);

/** The inverse of {@link toRuntime}: values of the runtime in the order of the file. */
export function toFile(placed: Omit<Placed, 'data'>, values: ArrayLike<number>): Float32Array {
  const out = new Float32Array(values.length);
  for (const [at, i] of fileIndices(placed).entries()) out[i] = values[at]!;
  return out;
}
