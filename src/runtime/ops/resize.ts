import forward from '#kernels/resize/forward.wgsl';
import gradXKernel from '#kernels/resize/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import type { Pair } from './conv_geometry.ts';

const WG = 64;

/** To a size in pixels, or by a factor, both (vertical, horizontal). */
export type ResizeOptions = { readonly mode: 'nearest' | 'bilinear' } & (
  | { readonly size: Pair }
  | { readonly scale: Pair }
);

/** Output size, and the step in x for one pixel of y. */
function measure(h: number, w: number, options: ResizeOptions): { size: Pair; ratio: Pair } {
  if ('size' in options) return { size: options.size, ratio: [h / options.size[0], w / options.size[1]] };
  const [sy, sx] = options.scale;
  return { size: [Math.floor(h * sy), Math.floor(w * sx)], ratio: [1 / sy, 1 / sx] };
}

/**
 * y = x at another size, by PyTorch's rule (`interpolate`, align_corners false, no antialiasing): nearest reads pixel
 * floor(o * ratio), bilinear mixes the four around (o + 0.5) * ratio - 0.5, clamped at the border.
 *
 * @param x - `[n, h, w, c]`
 * @returns `[n, oh, ow, c]`, of the size given or floor(size of x * scale)
 * @throws ShapeError when the output is empty
 */
export function resize(tape: Tape | null, x: Tensor, options: ResizeOptions): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const { size, ratio } = measure(h, w, options);
  const [oh, ow] = size;
  expect(
    x.shape.length === 4 && oh > 0 && ow > 0,
    'resize',
    `x is ${showShape(x.shape)}, the output would be ${oh}x${ow}`,
  );
  const y = x.like([n, oh, ow, c]);
  const params = { n, h, w, oh, ow, c4: x.pitch / 4, ratio_y: ratio[0], ratio_x: ratio[1] };
  const overrides = { WG, BILINEAR: options.mode === 'bilinear' };
  const flops = overrides.BILINEAR ? 6 * y.size : 0;
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(y.length / 4, WG), overrides, flops });
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      const groups = grid1d(dx.length / 4, WG);
      x.gpu.run(gradXKernel, { dy, dx }, params, { groups, overrides, flops: Math.max(flops, y.size) });
      return [dx];
    });
  }
  return y;
}
