import forward from '#kernels/mul/forward.wgsl';
import { expect } from '../errors.ts';
import { grid1d, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcast } from './broadcast.ts';
import { sumTo } from './reduce.ts';

const WG = 64;

function multiply(a: Tensor, b: Tensor): Tensor {
  const { params, overrides } = broadcast('mul', a.shape, b.shape);
  const y = a.like();
  const n4 = a.length / 4;
  const options = { groups: grid1d(n4, WG), overrides: { WG, ...overrides }, flops: a.size };
  a.gpu.run(forward, { a, b, y }, { n4, ...params }, options);
  return y;
}

/**
 * y = a * b, element by element; b is repeated over a.
 *
 * @param a - up to four dimensions, f32
 * @param b - a's shape, or aligned at its right with 1 where it is repeated: `[c]`, `[n, 1, 1, c]`, `[1]`
 * @returns a's shape
 * @throws ShapeError when b does not fit
 */
export function mul(tape: Tape | null, a: Tensor, b: Tensor): Tensor {
  const y = multiply(a, b);
  if (TRAINING) tape?.record(y, [a, b], (dy) => [multiply(dy, b), sumTo(multiply(dy, a), b.shape)]);
  return y;
}

/**
 * y = s * x.
 *
 * @param s - a number that never changes, or a tensor of one element: a strength that is written before each run
 * @returns x's shape
 * @throws ShapeError when s has more than one element
 */
export function scale(tape: Tape | null, x: Tensor, s: number | Tensor): Tensor {
  const factor = typeof s === 'number' ? x.gpu.scalar(s) : s;
  expect(factor.size === 1, 'scale', `s is ${showShape(factor.shape)}, one element is wanted`);
  return mul(tape, x, factor.view([1]));
}
