import { conv2d } from '../runtime/ops/conv2d.ts';
import { linear } from '../runtime/ops/matmul.ts';
import { scale } from '../runtime/ops/mul.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { Layers } from './layers.ts';
import { blur } from './resample_filter.ts';

/** Slope of StyleGAN2's leaky ReLU below 0. */
export const SLOPE = 0.2;
/** What keeps the size of values through that; taken into the layer before, since max(x, 0.2 x) scales with x. */
export const LEAKY_GAIN = Math.SQRT2;

/** How a layer is scaled. */
export interface Equalized {
  /** Of the output: LEAKY_GAIN before a leaky ReLU, 1 by default. */
  readonly gain?: number;
  /** What its weights learn slower by; 1 by default. */
  readonly rate?: number;
  /** Whether its bias takes part; it does by default. */
  readonly bias?: boolean;
}

const sized = (tape: Tape | null, x: Tensor, s: number): Tensor => (s === 1 ? x : scale(tape, x, s));

/** Weight and bias as they take part: products of n inputs with N(0, 1) weights, brought back to one input's size. */
function scaledLayer(tape: Tape | null, layers: Layers, path: string, options: Equalized) {
  const { gain = 1, rate = 1, bias: wanted = true } = options;
  const { weight, bias } = layers.raw(path);
  const inputs = weight.size / weight.shape.at(-1)!;
  return {
    w: scale(tape, weight, (gain * rate) / Math.sqrt(inputs)),
    b: wanted && bias ? sized(tape, bias, gain * rate) : null,
  };
}

/**
 * y = gain (rate x w / √in + rate b).
 *
 * @param x - `[n, in]`
 * @returns `[n, out]`
 * @see Karras et al. 2018 (progressive growing), section 4.1: equalised learning rate
 */
export function equalizedLinear(
  tape: Tape | null,
  layers: Layers,
  path: string,
  x: Tensor,
  options: Equalized = {},
): Tensor {
  const { w, b } = scaledLayer(tape, layers, path, options);
  return x.gpu.scope(path, () => linear(tape, x, w, b));
}

/** As {@link equalizedLinear}, for a convolution that keeps the picture's size: `[n, h, w, in]` to `[n, h, w, out]`. */
export function equalizedConv(
  tape: Tape | null,
  layers: Layers,
  path: string,
  x: Tensor,
  options: Equalized = {},
): Tensor {
  const { w, b } = scaledLayer(tape, layers, path, options);
  const padding = (w.shape[0]! - 1) / 2;
  return x.gpu.scope(path, () => conv2d(tape, x, w, b, { padding: [padding, padding] }));
}

/** As {@link equalizedConv}, smoothed and with stride 2: `[n, h, w, in]` to `[n, h/2, w/2, out]`. */
export function equalizedDown(
  tape: Tape | null,
  layers: Layers,
  path: string,
  x: Tensor,
  options: Equalized = {},
): Tensor {
  const { w, b } = scaledLayer(tape, layers, path, options);
  return x.gpu.scope(path, () => {
    const smooth = blur(tape, x, (w.shape[0]! + 1) / 2);
    return conv2d(tape, smooth, w, b, { stride: [2, 2] });
  });
}
