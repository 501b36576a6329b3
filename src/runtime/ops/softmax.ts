import forward from '#kernels/softmax/forward.wgsl';
import gradXKernel from '#kernels/softmax/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, product, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = exp(x - max) / sum of exp(x - max) along `dim`.
 *
 * @param x - any shape, f32
 * @param dim - a dimension of x, from the end where negative; the last one by default
 * @throws ShapeError when x has no such dimension
 */
export function softmax(tape: Tape | null, x: Tensor, dim = -1): Tensor {
  const along = dim < 0 ? dim + x.shape.length : dim;
  const size = x.shape[along];
  expect(size !== undefined, 'softmax', `x is ${showShape(x.shape)}, it has no dimension ${dim}`);
  const last = along === x.shape.length - 1;
  const c4 = x.pitch / 4;
  const len = last ? c4 : size;
  const inner = last ? 1 : product(x.shape.slice(along + 1, -1)) * c4;
  const lines = x.length / 4 / len;
  const c = x.shape.at(-1)!;
  const y = x.like();
  const options = { groups: grid1d(lines, WG), flops: 5 * x.size };
  const overrides = { WG, LAST: last };
  x.gpu.run(
    forward,
    { x, y },
    { lines, len, inner, c, c4 },
    { ...options, overrides: { ...overrides, MASK: c % 4 > 0 } },
  );
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      x.gpu.run(gradXKernel, { dy, y, dx }, { lines, len, inner }, { ...options, overrides });
      return [dx];
    });
  }
  return y;
}
