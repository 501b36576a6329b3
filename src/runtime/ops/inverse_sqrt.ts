import forward from '#kernels/inverse_sqrt/forward.wgsl';
import gradXKernel from '#kernels/inverse_sqrt/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = 1 / sqrt(x + eps), element by element.
 *
 * @param x - any shape, not below 0
 * @param eps - above 0, so that zeros have an inverse
 * @returns x's shape
 * @throws ShapeError when eps is not above 0
 */
export function inverseSqrt(tape: Tape | null, x: Tensor, eps: number): Tensor {
  expect(eps > 0, 'inverse_sqrt', `eps is ${eps}, it must be above 0`);
  const y = x.like();
  const n4 = x.length / 4;
  const options = { groups: grid1d(n4, WG), overrides: { WG }, flops: 3 * x.size };
  x.gpu.run(forward, { x, y }, { n4, c: x.shape.at(-1) ?? 1, c4: x.pitch / 4, eps }, options);
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      x.gpu.run(gradXKernel, { dy, y, dx }, { n4 }, { ...options, flops: 4 * x.size });
      return [dx];
    });
  }
  return y;
}
