import forward from '#kernels/pixel_shuffle/forward.wgsl';
import gradXKernel from '#kernels/pixel_shuffle/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y[b, iy r + ty, ix r + tx, c] = x[b, iy, ix, c r r + ty r + tx]: channels become pixels (PyTorch's channel order).
 *
 * @param x - `[n, h, w, c r r]`
 * @returns `[n, h r, w r, c]`
 * @throws ShapeError when the channels are no multiple of r * r
 */
export function pixelShuffle(tape: Tape | null, x: Tensor, r: number): Tensor {
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  expect(
    x.shape.length === 4 && channels % (r * r) === 0,
    'pixel_shuffle',
    `x is ${showShape(x.shape)}, its channels are no multiple of ${r * r}`,
  );
  const c = channels / (r * r);
  const y = x.like([n, h * r, w * r, c]);
  const params = { n, h, w, x_pitch: x.pitch, c, c4: y.pitch / 4, r };
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(y.length / 4, WG), overrides: { WG }, flops: 0 });
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      const groups = grid1d(dx.length / 4, WG);
      x.gpu.run(gradXKernel, { dy, dx }, params, { groups, overrides: { WG }, flops: 0 });
      return [dx];
    });
  }
  return y;
}
