import { expect } from '../errors.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type ConvTransposeOptions, convTranspose2d } from './conv_transpose2d.ts';
import { conv2d } from './conv2d.ts';
import { checkRank, type Lora } from './lora.ts';
import { scale } from './mul.ts';

/**
 * y = convTranspose2d(x, w) + bias + scale B(A(x)): A is a transposed convolution of the same geometry into r channels,
 * B a 1x1 convolution out of them that adds the rest in its store.
 *
 * @param x - `[n, h, w, cin]`
 * @param w - `[kh, kw, cout, cin]`
 * @param bias - `[cout]` or null
 * @param lora - A `[kh, kw, r, cin]`, B `[1, 1, r, cout]`
 * @returns `[n, oh, ow, cout]`
 * @throws ShapeError when the sizes disagree, or there are groups: no adapter format has a form for them
 */
export function convTranspose2dLora(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  lora: Lora,
  options: ConvTransposeOptions = {},
): Tensor {
  expect((options.groups ?? 1) === 1, 'conv_transpose2d_lora', `groups are ${options.groups}, 1 is expected`);
  checkRank('conv_transpose2d_lora', lora, lora.A.shape[2]);
  const base = convTranspose2d(tape, x, w, bias, options);
  return x.gpu.scope('lora', () => {
    const low = convTranspose2d(tape, x, lora.A, null, options);
    return conv2d(tape, low, scale(tape, lora.B, lora.scale), null, {}, base);
  });
}
