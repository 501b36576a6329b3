import gradXKernel from '#kernels/reduce/grad_x.wgsl';
import lanesKernel from '#kernels/reduce/lanes.wgsl';
import rowsKernel from '#kernels/reduce/rows.wgsl';
import totalKernel from '#kernels/reduce/total.wgsl';
import { expect } from '../errors.ts';
import { grid1d, product, type Shape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcast, fourDims } from './broadcast.ts';

const WG = 64;
const SPAN = 64;

/**
 * y[z, c] = scale * sum over r of x[z, r, c]: `batch` times `rows` rows, of all that is left of x.length; fixed order,
 * in spans of 64. No gradient: it is the tail of other ops' backwards and of losses.
 *
 * @returns one row per batch, of shape `shape`
 */
export function sumRows(x: Tensor, rows: number, shape: Shape, scale = 1, batch = 1): Tensor {
  const c4 = x.length / (batch * rows) / 4;
  let from = x;
  let left = rows;
  do {
    const groups = Math.ceil(left / SPAN);
    const to = x.like(groups === 1 ? shape : [batch, groups, c4 * 4], 'f32');
    const n4 = batch * groups * c4;
    const params = { rows: left, groups, c4, n4, span: SPAN, scale: groups === 1 ? scale : 1 };
    const options = { groups: grid1d(n4, WG), overrides: { WG }, flops: batch * left * c4 * 4 };
    x.gpu.run(rowsKernel, { x: from, y: to }, params, options);
    from = to;
    left = groups;
  } while (left > 1);
  return from;
}

function sumLanes(x: Tensor, scale: number): Tensor {
  const y = x.like([...x.shape.slice(0, -1), 1], 'f32');
  const params = { rows: x.rows, c4: x.pitch / 4, scale };
  const options = { groups: grid1d(x.rows, WG), overrides: { WG }, flops: x.size };
  x.gpu.run(lanesKernel, { x, y }, params, options);
  return y;
}

/** Vec4s that one workgroup of a sum over everything may add alone: above that, launching more of them pays. */
const ALONE = 16 * WG;

/** Workgroups for a sum over `n4` vec4s, of which each leaves one vec4. */
export const partialSums = (n4: number): number =>
  n4 <= ALONE ? 1 : Math.min(ALONE, Math.ceil(n4 / (4 * WG)));

interface TotalOptions {
  readonly scale?: number;
  /** Square root of the sum of squares instead of the sum. */
  readonly norm?: boolean;
}

/** y = scale * sum of x, or its Euclidean norm; ordered, in one launch or two. No gradient. @returns `[1]` */
export function total(x: Tensor, { scale = 1, norm = false }: TotalOptions = {}): Tensor {
  const groups = partialSums(x.length / 4);
  const launch = (from: Tensor, count: number, square: boolean, factor: number): Tensor => {
    const to = x.like(count > 1 ? [count, 4] : [1], 'f32');
    const params = { n4: from.length / 4, scale: factor };
    const overrides = { WG, SQUARE: square, ROOT: norm && count === 1 };
    x.gpu.run(totalKernel, { x: from, y: to }, params, { groups: [count], overrides, flops: from.length });
    return to;
  };
  const partial = launch(x, groups, norm, groups > 1 ? 1 : scale);
  return groups > 1 ? launch(partial, 1, false, scale) : partial;
}

/**
 * y = scale * sum of x over every dimension that is 1 in `shape`: the transpose of repeating `shape` over x. Ordered.
 * No gradient; x itself where nothing is to be summed and scale is 1.
 *
 * @throws ShapeError when `shape` cannot be repeated over x
 */
export function sumTo(x: Tensor, shape: Shape, scale = 1): Tensor {
  const from = fourDims('sum', x.shape);
  const to = fourDims('sum', shape);
  const fits = to.every((n, i) => n === from[i] || n === 1);
  expect(fits, 'sum', `x ${showShape(x.shape)} does not sum to ${showShape(shape)}`);
  const last = from.findLastIndex((n, i) => n !== to[i]);
  if (last < 0) return scale === 1 ? x.view(shape) : repeat(x, shape, scale);
  if (product(to) === 1) return total(x, { scale }).view(shape);
  if (last === 3) return sumTo(sumLanes(x.view(from), scale), shape);
  let first = last;
  while (first > 0 && to[first - 1] === 1) first--;
  const rows = product(from.slice(first, last + 1));
  const next = [...from.slice(0, first), ...to.slice(first)];
  return sumTo(sumRows(x, rows, next, scale, product(from.slice(0, first))), shape);
}

/** dx = scale * dy, repeated over `shape`. */
function repeat(dy: Tensor, shape: Shape, scale: number): Tensor {
  const { params, overrides } = broadcast('sum', shape, dy.shape);
  const dx = dy.like(shape);
  const n4 = dx.length / 4;
  const options = { groups: grid1d(n4, WG), overrides: { WG, ...overrides }, flops: dx.size };
  dy.gpu.run(gradXKernel, { dy, dx }, { n4, ...params, scale }, options);
  return dx;
}

function reduce(tape: Tape | null, x: Tensor, shape: Shape, scale: number): Tensor {
  const y = sumTo(x, shape, scale);
  // A view needs no record: the tape knows tensors by their storage.
  if (TRAINING && y.storage !== x.storage) tape?.record(y, [x], (dy) => [repeat(dy, x.shape, scale)]);
  return y;
}

/**
 * y = sum of x over every dimension that is 1 in `shape`, shapes aligned at the right; over all elements by default.
 *
 * @param x - up to four dimensions, f32
 * @returns `shape`
 * @throws ShapeError when another dimension differs from x's
 */
export const sum = (tape: Tape | null, x: Tensor, shape: Shape = [1]): Tensor => reduce(tape, x, shape, 1);

/** y = mean of x over every dimension that is 1 in `shape`; otherwise as {@link sum}. */
export const mean = (tape: Tape | null, x: Tensor, shape: Shape = [1]): Tensor =>
  reduce(tape, x, shape, product(shape) / x.size);
