import forward from '#kernels/add/forward.wgsl';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { broadcast } from './broadcast.ts';
import { sumTo } from './reduce.ts';

const WG = 64;

/**
 * y = a + b, element by element; b is repeated over a.
 *
 * @param a - up to four dimensions, f32
 * @param b - a's shape, or aligned at its right with 1 where it is repeated: `[c]`, `[n, 1, 1, c]`, `[1]`
 * @returns a's shape
 * @throws ShapeError when b does not fit
 */
export function add(tape: Tape | null, a: Tensor, b: Tensor): Tensor {
  const { params, overrides } = broadcast('add', a.shape, b.shape);
  const y = a.like();
  const n4 = a.length / 4;
  const options = { groups: grid1d(n4, WG), overrides: { WG, ...overrides }, flops: a.size };
  a.gpu.run(forward, { a, b, y }, { n4, ...params }, options);
  if (TRAINING) tape?.record(y, [a, b], (dy) => [dy, sumTo(dy, b.shape)]);
  return y;
}
