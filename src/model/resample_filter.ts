import { convTranspose2d } from '../runtime/ops/conv_transpose2d.ts';
import { conv2d } from '../runtime/ops/conv2d.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';

const ROW = [1, 3, 3, 1] as const;
const SUM = 8;

/** The filter [1, 3, 3, 1] in both directions, times `gain`, for each channel: `[4, 4, 1, c]`. */
function filter({ gpu, shape }: Tensor, gain: number): Tensor {
  const c = shape.at(-1)!;
  const taps = ROW.flatMap((a) => ROW.map((b) => (gain * a * b) / SUM ** 2));
  return gpu.constant(`filter ${c} x ${gain}`, [4, 4, 1, c], () =>
    taps.flatMap((t) => Array<number>(c).fill(t)),
  );
}

/**
 * x smoothed by [1, 3, 3, 1] / 8 in both directions.
 *
 * @param x - `[n, h, w, c]`
 * @param padding - zeros on each side: the result is 2 padding - 3 larger
 * @param gain - what all values are multiplied by
 * @see Karras et al. 2020 (StyleGAN2), upfirdn2d
 */
export const blur = (tape: Tape | null, x: Tensor, padding: number, gain = 1): Tensor =>
  conv2d(tape, x, filter(x, gain), null, { padding: [padding, padding], groups: x.shape[3]! });

/** x twice as large, smoothed: zeros between its pixels, then the filter. `[n, h, w, c]` to `[n, 2 h, 2 w, c]`. */
export const upsample = (tape: Tape | null, x: Tensor): Tensor =>
  convTranspose2d(tape, x, filter(x, 4), null, { stride: [2, 2], padding: [1, 1], groups: x.shape[3]! });
