import forward from '#kernels/geglu/forward.wgsl';
import gradXKernel from '#kernels/geglu/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = x1 * gelu(x2), x1 and x2 being the halves of x's last dimension; gelu by the error function.
 *
 * @param x - `[..., 2 h]`, h of any size
 * @returns `[..., h]`
 * @throws ShapeError when the last dimension is odd
 * @see GLU Variants Improve Transformer, arXiv 2002.05202
 */
export function geglu(tape: Tape | null, x: Tensor): Tensor {
  const h = (x.shape.at(-1) ?? 1) / 2;
  expect(Number.isInteger(h), 'geglu', `x is ${showShape(x.shape)}, its last dimension must be even`);
  const y = x.like([...x.shape.slice(0, -1), h]);
  const params = { n: y.length, h, x_pitch: x.pitch, y_pitch: y.pitch };
  const options = { groups: grid1d(y.length, WG), overrides: { WG } };
  x.gpu.run(forward, { x, y }, params, { ...options, flops: 30 * y.size });
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      x.gpu.run(gradXKernel, { dy, x, dx }, params, { ...options, flops: 70 * y.size });
      return [dx];
    });
  }
  return y;
}
