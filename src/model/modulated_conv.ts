import { convTranspose2d } from '../runtime/ops/conv_transpose2d.ts';
import { conv2d } from '../runtime/ops/conv2d.ts';
import { inverseSqrt } from '../runtime/ops/inverse_sqrt.ts';
import { matmul } from '../runtime/ops/matmul.ts';
import { mul, scale } from '../runtime/ops/mul.ts';
import { sum } from '../runtime/ops/reduce.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { blur } from './resample_filter.ts';

const EPS = 1e-8;

/** How a modulated convolution is carried out. */
export interface Modulation {
  /** Twice as large: by a transposed convolution of stride 2, smoothed. */
  readonly up: boolean;
  /** Whether each output channel is divided by the length of its weights. */
  readonly demodulate: boolean;
  /** Of the output. */
  readonly gain: number;
}

/** 1 / sqrt(sum over taps and i of (w s_i)² + 1e-8) per output channel, `[n, out]`. */
function demodulation(tape: Tape | null, w: Tensor, s: Tensor, up: boolean): Tensor {
  const [, , a, b] = w.shape as [number, number, number, number];
  const squares = sum(tape, mul(tape, w, w), [1, 1, a, b]).view([a, b]);
  return inverseSqrt(tape, matmul(tape, mul(tape, s, s), squares, { transB: up }), EPS);
}

/**
 * A convolution whose weights differ from picture to picture: w' = w s_i / √(taps in), divided by its length per output
 * channel. Since s scales inputs and the length scales outputs, all pictures share one product: no weight is made per
 * picture.
 *
 * @param x - `[n, h, w, in]`
 * @param w - `[k, k, in, out]`; with `up` `[k, k, out, in]`
 * @param style - `[n, in]`
 * @returns `[n, h, w, out]`, or twice as large
 * @see Karras et al. 2020 (StyleGAN2), section 2.2, equations 1 to 3
 */
export function modulatedConv(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  style: Tensor,
  { up, demodulate, gain }: Modulation,
): Tensor {
  const [k, , a, b] = w.shape as [number, number, number, number];
  const [inputs, outputs] = up ? [b, a] : [a, b];
  const n = x.shape[0]!;
  const s = scale(tape, style, 1 / Math.sqrt(k * k * inputs));
  const modulated = mul(tape, x, s.view([n, 1, 1, inputs]));
  const padding = (k - 1) / 2;
  // Zeros between the pixels leave a quarter of the light; the filter makes up for it.
  const y = up
    ? blur(tape, convTranspose2d(tape, modulated, w, null, { stride: [2, 2] }), 1, 4)
    : conv2d(tape, modulated, w, null, { padding: [padding, padding] });
  if (!demodulate) return gain === 1 ? y : scale(tape, y, gain);
  const d = scale(tape, demodulation(tape, w, s, up), gain);
  return mul(tape, y, d.view([n, 1, 1, outputs]));
}
