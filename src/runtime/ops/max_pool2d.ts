import forward from '#kernels/max_pool2d/forward.wgsl';
import gradXKernel from '#kernels/max_pool2d/grad_x.wgsl';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type PoolOptions, poolGeometry } from './pool_geometry.ts';

const WG = 64;

/**
 * y = greatest value of x in each window, NaN where the window holds one. The gradient goes to the first such value in
 * row order.
 *
 * @param x - `[n, h, w, c]`
 * @returns `[n, oh, ow, c]` with oh = floor((h + 2 padding - kernel) / stride) + 1
 * @throws ShapeError when the output is empty or the padding is more than half of the kernel
 */
export function maxPool2d(tape: Tape | null, x: Tensor, options: PoolOptions): Tensor {
  const { shape, params } = poolGeometry('max_pool2d', x, options);
  const flops = params.n * params.oh * params.ow * shape.at(-1)! * params.kh * params.kw;
  const launch = (TAP: boolean): Tensor => {
    const y = x.like(shape);
    const groups = grid1d(y.length / 4, WG);
    x.gpu.run(forward, { x, y }, params, { groups, overrides: { WG, TAP }, flops });
    return y;
  };
  const y = launch(false);
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      // Found again rather than kept: saves 4 bytes per value of y between forward and backward.
      const tap = launch(true);
      const groups = grid1d(dx.length / 4, WG);
      x.gpu.run(gradXKernel, { dy, tap, dx }, params, { groups, overrides: { WG }, flops });
      return [dx];
    });
  }
  return y;
}
