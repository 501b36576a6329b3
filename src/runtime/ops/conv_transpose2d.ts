import { expect } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type ConvGeometry, type ConvWindow, fullWindow, type Pair } from './conv_geometry.ts';
import { convForward, convGradW, convGradX } from './conv2d.ts';
import { sumRows } from './reduce.ts';

/** Geometry of a transposed convolution; `outputPadding` extends y at its bottom and right. */
export interface ConvTransposeOptions extends ConvWindow {
  readonly outputPadding?: Pair;
}

/** That of the convolution which this one transposes: x and y change places. */
function geometryOf(x: Tensor, w: Tensor, options: ConvTransposeOptions): ConvGeometry {
  const window = fullWindow(options);
  const { stride, padding, dilation, groups } = window;
  const { outputPadding = [0, 0] } = options;
  const [n, oh, ow, cout] = x.shape as [number, number, number, number];
  const [kh, kw, cinGroup] = w.shape as [number, number, number];
  const length = (size: number, k: number, i: 0 | 1) =>
    (size - 1) * stride[i] - 2 * padding[i] + dilation[i] * (k - 1) + outputPadding[i] + 1;
  const [h, width] = [length(oh, kh, 0), length(ow, kw, 1)];
  return { n, h, w: width, cin: cinGroup * groups, oh, ow, cout, kh, kw, ...window };
}

/**
 * The transpose of conv2d: y[p * stride + t * dilation - padding, o] gathers x[p, i] w[t, o, i] over the channels i of
 * o's group, plus bias[o]. Computed by sub-pixel phases; no zero is inserted.
 *
 * @param x - `[n, h, w, cin]`
 * @param w - `[kh, kw, cout / groups, cin]`, the weight of the convolution it transposes (PyTorch's
 *   `[cin, cout / groups, kh, kw]`, permuted)
 * @param bias - `[cout]` or null
 * @returns `[n, oh, ow, cout]` with oh = (h - 1) stride - 2 padding + dilation (kh - 1) + outputPadding + 1
 * @throws ShapeError when channels disagree or the output is empty
 */
export function convTranspose2d(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  options: ConvTransposeOptions = {},
): Tensor {
  const { groups = 1 } = options;
  expect(
    x.shape.length === 4 && w.shape.length === 4 && x.shape[3] === w.shape[3] && x.shape[3]! % groups === 0,
    'conv_transpose2d',
    `w is ${showShape(w.shape)}, x is ${showShape(x.shape)}, groups ${groups}`,
  );
  const g = geometryOf(x, w, options);
  expect(g.h > 0 && g.w > 0, 'conv_transpose2d', `output ${g.h}x${g.w} is empty for x ${showShape(x.shape)}`);
  expect(
    !bias || sameShape(bias.shape, [g.cin]),
    'conv_transpose2d',
    `bias is ${showShape(bias?.shape ?? [])}, w is ${showShape(w.shape)}`,
  );
  const y = convGradX(g, x, w, bias);
  if (TRAINING) {
    tape?.record(y, [x, w, ...(bias ? [bias] : [])], (dy) => [
      convForward(g, dy, w, null, null),
      convGradW(g, dy, x),
      ...(bias ? [sumRows(dy, dy.rows, bias.shape)] : []),
    ]);
  }
  return y;
}
