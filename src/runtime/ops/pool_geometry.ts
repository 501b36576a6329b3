import { expect } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { convLength, type Pair } from './conv_geometry.ts';

/** Windows of a pooling, (vertical, horizontal) pixels; the stride is the kernel where left out. */
export interface PoolOptions {
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly padding?: Pair;
}

/**
 * Shape of the output, and the sizes under the names that the kernels give them.
 * @throws ShapeError when the output is empty or a window could lie outside of x (padding above half of the kernel)
 */
export function poolGeometry(op: string, x: Tensor, options: PoolOptions) {
  const { kernel, stride = kernel, padding = [0, 0] } = options;
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const oh = convLength(h, kernel[0], stride[0], padding[0], 1);
  const ow = convLength(w, kernel[1], stride[1], padding[1], 1);
  expect(
    x.shape.length === 4 && oh > 0 && ow > 0,
    op,
    `kernel ${kernel} does not fit into x ${showShape(x.shape)} with padding ${padding}`,
  );
  expect(
    padding[0] * 2 <= kernel[0] && padding[1] * 2 <= kernel[1],
    op,
    `padding ${padding} is more than half of the kernel ${kernel}`,
  );
  const [kh, kw] = kernel;
  const [sy, sx] = stride;
  const [py, px] = padding;
  return { shape: [n, oh, ow, c], params: { n, h, w, oh, ow, c4: x.pitch / 4, kh, kw, sy, sx, py, px } };
}
