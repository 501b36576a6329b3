import { activation } from '../runtime/ops/activation.ts';
import { cast } from '../runtime/ops/cast.ts';
import { instanceNorm } from '../runtime/ops/instance_norm.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { LayerSpec, Layers } from './layers.ts';

/** Sizes of a 70x70 PatchGAN; `width` 64 has 2,767,809 weights with six input channels. */
export interface DiscriminatorConfig {
  readonly width: number;
  /** 6: the source picture beside the judged one. */
  readonly channels: number;
}

// Output channels in units of the width, stride, and whether a norm follows.
const STAGES = [
  { path: 'conv1', out: 1, stride: 2, norm: false },
  { path: 'conv2', out: 2, stride: 2, norm: true },
  { path: 'conv3', out: 4, stride: 2, norm: true },
  { path: 'conv4', out: 8, stride: 1, norm: true },
] as const;

/** @see Isola et al. 2017 (pix2pix), appendix 6.1.2 */
export function discriminatorSpecs({ width, channels }: DiscriminatorConfig): LayerSpec[] {
  let from = channels;
  const conv = (path: string, to: number): LayerSpec => {
    const spec = { path, kind: 'conv2d', weight: [to, from, 4, 4], bias: true } as const;
    from = to;
    return spec;
  };
  return [...STAGES.map(({ path, out }) => conv(path, out * width)), conv('score', 1)];
}

/**
 * Judges overlapping 70x70 patches.
 *
 * @param x - `[n, h, w, channels]` in [-1, 1]
 * @returns logits, `[n, h/8 - 2, w/8 - 2, 1]`
 */
export function discriminatorForward(tape: Tape | null, layers: Layers, x: Tensor): Tensor {
  let y = cast(tape, x, x.gpu.storage);
  for (const { path, stride, norm } of STAGES) {
    y = layers.conv2d(tape, path, y, { stride: [stride, stride], padding: [1, 1] });
    y = norm
      ? instanceNorm(tape, y, null, { activation: 'leaky_relu', slope: 0.2 })
      : activation(tape, y, 'leaky_relu', 0.2);
  }
  return cast(tape, layers.conv2d(tape, 'score', y, { padding: [1, 1] }), 'f32');
}
