import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type ConvOptions, conv2d, padded } from './conv2d.ts';
import { checkRank, type Lora } from './lora.ts';
import { scale } from './mul.ts';

/**
 * y = conv2d(x, w) + bias + scale B(A(x)): A is a convolution of the same geometry into r channels, B a 1x1 one out of
 * them that adds the rest in its store. With groups, as in PEFT, A has one group and B has them all.
 *
 * @param x - `[n, h, w, cin]`
 * @param w - `[kh, kw, cin / groups, cout]`
 * @param bias - `[cout]` or null
 * @param lora - A `[kh, kw, cin, r]`, B `[1, 1, r / groups, cout]`
 * @returns `[n, oh, ow, cout]`
 * @throws ShapeError when the sizes disagree
 */
export function conv2dLora(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  lora: Lora,
  options: ConvOptions = {},
): Tensor {
  const { groups = 1 } = options;
  checkRank('conv2d_lora', lora, lora.A.shape[3], groups);
  const { x: from, window } = padded(tape, x, options);
  const base = conv2d(tape, from, w, bias, window);
  return x.gpu.scope('lora', () => {
    const low = conv2d(tape, from, lora.A, null, { ...window, groups: 1 });
    return conv2d(tape, low, scale(tape, lora.B, lora.scale), null, { groups }, base);
  });
}
