import forward from '#kernels/add/forward.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = a + b, element by element.
 *
 * @param a - any shape, f32
 * @param b - the same shape
 * @throws ShapeError when the shapes differ
 */
export function add(tape: Tape | null, a: Tensor, b: Tensor): Tensor {
  expect(sameShape(a.shape, b.shape), 'add', `a is ${showShape(a.shape)}, b is ${showShape(b.shape)}`);
  const y = a.like();
  const n4 = a.length / 4;
  a.gpu.run(forward, { a, b, y }, { n4 }, { groups: grid1d(n4, WG), overrides: { WG }, flops: a.size });
  if (TRAINING) tape?.record(y, [a, b], (dy) => [dy, dy]);
  return y;
}
