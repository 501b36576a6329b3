import forward from '#kernels/slice/forward.wgsl';
import { expect } from '../errors.ts';
import { grid1d, type Shape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/** The dimensions that are cut and joined: the innermost (channels), or the outermost (pictures of a batch). */
export type Axis = 'last' | 'first';

/**
 * Memory as a matrix whose columns run along an axis: a row of channels, or the one row of a whole batch. `step` is
 * columns per index of the axis.
 */
export function columnsOf(
  t: Tensor,
  axis: Axis,
): { rows: number; columns: number; pitch4: number; step: number } {
  if (axis === 'last') return { rows: t.rows, columns: t.shape.at(-1)!, pitch4: t.pitch / 4, step: 1 };
  return { rows: 1, columns: t.length, pitch4: t.length / 4, step: t.length / t.shape[0]! };
}

/** A shape with another size along an axis. */
export const resized = (shape: Shape, axis: Axis, size: number): Shape =>
  axis === 'last' ? [...shape.slice(0, -1), size] : [size, ...shape.slice(1)];

/** y[c] = x[start + c] along the axis, zero where x has nothing. */
function cut(x: Tensor, axis: Axis, start: number, length: number): Tensor {
  const y = x.like(resized(x.shape, axis, length));
  const from = columnsOf(x, axis);
  const to = columnsOf(y, axis);
  const params = {
    rows: from.rows,
    cx: from.columns,
    cy: to.columns,
    x_pitch4: from.pitch4,
    y_pitch4: to.pitch4,
    start: start * from.step,
  };
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(y.length / 4, WG), overrides: { WG }, flops: 0 });
  return y;
}

/**
 * y = the `length` channels, or pictures, of x that begin at `start`.
 *
 * @param x - `[..., c]`, or `[n, ...]` with axis `first`
 * @returns x's shape with `length` along the axis
 * @throws ShapeError when the range is empty or leaves x
 */
export function slice(
  tape: Tape | null,
  x: Tensor,
  start: number,
  length: number,
  axis: Axis = 'last',
): Tensor {
  const size = axis === 'last' ? x.shape.at(-1)! : x.shape[0]!;
  expect(
    length > 0 && start >= 0 && start + length <= size && (axis === 'last' || x.shape.length > 1),
    'slice',
    `${start} + ${length} of the ${axis} dimension, x is ${showShape(x.shape)}`,
  );
  const y = cut(x, axis, start, length);
  if (TRAINING) tape?.record(y, [x], (dy) => [cut(dy, axis, -start, size)]);
  return y;
}
