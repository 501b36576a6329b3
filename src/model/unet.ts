import { activation } from '../runtime/ops/activation.ts';
import { batchNorm } from '../runtime/ops/batch_norm.ts';
import { cast } from '../runtime/ops/cast.ts';
import { concat } from '../runtime/ops/concat.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { LayerSpec, Layers } from './layers.ts';

/** Sizes of pix2pix's U-Net; width 64 at depth 8 has 54,413,955 weights. */
export interface UnetConfig {
  readonly width: number;
  /** Halvings on the way to the innermost stage, at least 2: 8 (the default) for 256x256, 7 for 128x128, 6 for 64x64. */
  readonly depth?: number;
}

/** pix2pix's `unet_256`. */
export const UNET_DEPTH = 8;
const MAX_FACTOR = 8;
const STRIDE2 = { stride: [2, 2], padding: [1, 1] } as const;

/** Channels after down-sampling stage `level`, from 1. */
const channels = (width: number, level: number): number => width * Math.min(2 ** (level - 1), MAX_FACTOR);

/** Stages `down1` (outermost) to `down<depth>`, `up<depth>` to `up1`; a batch norm follows all but the first, the innermost and the last. */
export function unetSpecs({ width, depth = UNET_DEPTH }: UnetConfig): LayerSpec[] {
  const specs: LayerSpec[] = [];
  const norm = (path: string, c: number): LayerSpec => ({
    path: `${path}.norm`,
    kind: 'norm',
    weight: [c],
    bias: true,
  });
  for (let level = 1; level <= depth; level++) {
    const [i, o] = [level === 1 ? 3 : channels(width, level - 1), channels(width, level)];
    // The first convolution of pix2pix's U-Net has no bias although no norm follows it.
    specs.push({ path: `down${level}`, kind: 'conv2d', weight: [o, i, 4, 4], bias: false });
    if (level > 1 && level < depth) specs.push(norm(`down${level}`, o));
  }
  for (let level = depth; level >= 1; level--) {
    const i = channels(width, level) * (level === depth ? 1 : 2);
    const o = level === 1 ? 3 : channels(width, level - 1);
    specs.push({ path: `up${level}`, kind: 'conv_transpose2d', weight: [i, o, 4, 4], bias: level === 1 });
    if (level > 1) specs.push(norm(`up${level}`, o));
  }
  return specs;
}

/**
 * pix2pix's U-Net, `[n, h, w, 3]` to `[n, h, w, 3]`; h and w multiples of 2^depth. Batch norms use the batch's own
 * statistics, as pix2pix does in training and in its published tests.
 *
 * @see Isola et al. 2017 (pix2pix), appendix 6.1.1
 */
export function unetForward(
  tape: Tape | null,
  layers: Layers,
  x: Tensor,
  depth: number = UNET_DEPTH,
): Tensor {
  const normed = (path: string, y: Tensor) => batchNorm(tape, y, layers.norm(`${path}.norm`));
  const skips: Tensor[] = [];
  let y = layers.conv2d(tape, 'down1', cast(tape, x, x.gpu.storage), STRIDE2);
  for (let level = 2; level <= depth; level++) {
    skips.push(y);
    y = layers.conv2d(tape, `down${level}`, activation(tape, y, 'leaky_relu', 0.2), STRIDE2);
    if (level < depth) y = normed(`down${level}`, y);
  }
  for (let level = depth; level > 1; level--) {
    const up = layers.convTranspose2d(tape, `up${level}`, activation(tape, y, 'relu'), STRIDE2);
    y = concat(tape, [skips.pop()!, normed(`up${level}`, up)]);
  }
  const painted = layers.convTranspose2d(tape, 'up1', activation(tape, y, 'relu'), STRIDE2);
  return cast(tape, activation(tape, painted, 'tanh'), 'f32');
}
