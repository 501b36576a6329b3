import { activation } from '../runtime/ops/activation.ts';
import { cast } from '../runtime/ops/cast.ts';
import { instanceNorm } from '../runtime/ops/instance_norm.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { LayerSpec, Layers } from './layers.ts';

/** Sizes of pix2pix's ResNet generator; width 64 with 9 blocks has 11,378,179 weights. */
export interface ResnetConfig {
  readonly width: number;
  readonly blocks: number;
}

/** Layers under the names of pix2pix's checkpoints (`model.1`, ...), instance norm, no dropout. */
export function resnetSpecs({ width: w, blocks }: ResnetConfig): LayerSpec[] {
  const conv = (index: string, weight: readonly number[], kind: LayerSpec['kind'] = 'conv2d'): LayerSpec => ({
    path: `model.${index}`,
    kind,
    weight,
    bias: true,
  });
  const block = (i: number) => [1, 5].map((j) => conv(`${10 + i}.conv_block.${j}`, [4 * w, 4 * w, 3, 3]));
  const up = 10 + blocks;
  return [
    conv('1', [w, 3, 7, 7]),
    conv('4', [2 * w, w, 3, 3]),
    conv('7', [4 * w, 2 * w, 3, 3]),
    ...Array.from({ length: blocks }, (_, i) => block(i)).flat(),
    conv(`${up}`, [4 * w, 2 * w, 3, 3], 'conv_transpose2d'),
    conv(`${up + 3}`, [2 * w, w, 3, 3], 'conv_transpose2d'),
    conv(`${up + 7}`, [3, w, 7, 7]),
  ];
}

/**
 * pix2pix's ResNet generator, `[n, h, w, 3]` to `[n, h, w, 3]`; h and w multiples of 4.
 *
 * @see Isola et al. 2017 (pix2pix) and Johnson et al. 2016, as pix2pix's published code builds it
 */
export function resnetForward(
  tape: Tape | null,
  layers: Layers,
  { blocks }: ResnetConfig,
  x: Tensor,
): Tensor {
  const down = { stride: [2, 2], padding: [1, 1] } as const;
  const up = { ...down, outputPadding: [1, 1] } as const;
  const reflect = (n: number) => ({ padding: [n, n], paddingMode: 'reflect' }) as const;
  const norm = (y: Tensor) => instanceNorm(tape, y, null, { activation: 'relu' });
  let y = norm(layers.conv2d(tape, 'model.1', cast(tape, x, x.gpu.storage), reflect(3)));
  y = norm(layers.conv2d(tape, 'model.4', y, down));
  y = norm(layers.conv2d(tape, 'model.7', y, down));
  for (let i = 10; i < 10 + blocks; i++) {
    const inner = norm(layers.conv2d(tape, `model.${i}.conv_block.1`, y, reflect(1)));
    const outer = layers.conv2d(tape, `model.${i}.conv_block.5`, inner, reflect(1));
    y = instanceNorm(tape, outer, null, { residual: y });
  }
  y = norm(layers.convTranspose2d(tape, `model.${10 + blocks}`, y, up));
  y = norm(layers.convTranspose2d(tape, `model.${13 + blocks}`, y, up));
  const painted = layers.conv2d(tape, `model.${17 + blocks}`, y, reflect(3));
  return cast(tape, activation(tape, painted, 'tanh'), 'f32');
}
