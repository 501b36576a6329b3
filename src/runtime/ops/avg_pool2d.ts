import forward from '#kernels/avg_pool2d/forward.wgsl';
import gradXKernel from '#kernels/avg_pool2d/grad_x.wgsl';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type PoolOptions, poolGeometry } from './pool_geometry.ts';

const WG = 64;

/** Whether the zeros of the padding count in the mean; they do where left out, as in PyTorch. */
export interface AvgPoolOptions extends PoolOptions {
  readonly countIncludePad?: boolean;
}

/**
 * y = mean of x over each window.
 *
 * @param x - `[n, h, w, c]`
 * @returns `[n, oh, ow, c]` with oh = floor((h + 2 padding - kernel) / stride) + 1
 * @throws ShapeError when the output is empty or the padding is more than half of the kernel
 */
export function avgPool2d(tape: Tape | null, x: Tensor, options: AvgPoolOptions): Tensor {
  const { shape, params } = poolGeometry('avg_pool2d', x, options);
  const y = x.like(shape);
  const overrides = { WG, COUNT_PADDING: options.countIncludePad ?? true };
  const flops = y.size * params.kh * params.kw;
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(y.length / 4, WG), overrides, flops });
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      x.gpu.run(gradXKernel, { dy, dx }, params, { groups: grid1d(dx.length / 4, WG), overrides, flops });
      return [dx];
    });
  }
  return y;
}
