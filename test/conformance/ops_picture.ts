import { z } from 'zod';
import { avgPool2d } from '../../src/runtime/ops/avg_pool2d.ts';
import { convTranspose2d } from '../../src/runtime/ops/conv_transpose2d.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { conv2dLora } from '../../src/runtime/ops/conv2d_lora.ts';
import { maxPool2d } from '../../src/runtime/ops/max_pool2d.ts';
import { pad2d } from '../../src/runtime/ops/pad2d.ts';
import { pixelShuffle } from '../../src/runtime/ops/pixel_shuffle.ts';
import { resize } from '../../src/runtime/ops/resize.ts';
import { pair } from './attrs.ts';
import { PICTURE, weightLayout } from './layouts.ts';
import { type OpRow, opRow } from './op_row.ts';

const whole = z.int().nonnegative();
const PICTURES = { x: PICTURE, y: PICTURE };
const CONVOLUTION = { ...PICTURES, weight: weightLayout, lora_A: weightLayout, lora_B: weightLayout };

/** The names that PyTorch has for what lies beyond the border. */
const paddingMode = z
  .enum(['zeros', 'constant', 'reflect', 'replicate', 'circular'])
  .transform((mode) => (mode === 'constant' ? 'zeros' : mode));

const convAttrs = {
  kernel: pair,
  stride: pair,
  padding: pair,
  dilation: pair.optional().default([1, 1]),
  groups: whole.optional().default(1),
  bias: z.boolean(),
};
const poolAttrs = {
  k: pair,
  s: pair,
  p: pair.optional().default([0, 0]),
  ceil_mode: z.literal(false).optional(),
};
const factor = z.number().positive();

/** Convolutions, and what changes the size of a picture. */
export const PICTURE_OPS: Readonly<Record<string, OpRow>> = {
  conv2d: opRow(
    { ...convAttrs, padding_mode: paddingMode.optional().default('zeros') },
    CONVOLUTION,
    (tape, { x, weight, bias }, { padding_mode, ...window }) =>
      conv2d(tape, x!, weight!, bias ?? null, { ...window, paddingMode: padding_mode }),
  ),
  conv_transpose2d: opRow(
    { ...convAttrs, output_padding: pair.optional().default([0, 0]) },
    CONVOLUTION,
    (tape, { x, weight, bias }, { output_padding, ...window }) =>
      convTranspose2d(tape, x!, weight!, bias ?? null, { ...window, outputPadding: output_padding }),
  ),
  conv2d_lora: opRow(
    {
      ...convAttrs,
      r: whole,
      alpha: z.number(),
      rslora: z.boolean().optional(),
      scaling: z.number(),
    },
    CONVOLUTION,
    (tape, { x, weight, bias, lora_A, lora_B }, { scaling, ...window }) =>
      conv2dLora(tape, x!, weight!, bias ?? null, { A: lora_A!, B: lora_B!, scale: scaling }, window),
  ),
  pad2d: opRow(
    {
      mode: paddingMode,
      pads_l_r_t_b: z.tuple([whole, whole, whole, whole]),
      value: z.literal(0).optional(),
    },
    PICTURES,
    (tape, { x }, { mode, pads_l_r_t_b }) => pad2d(tape, x!, pads_l_r_t_b, mode),
  ),
  interpolate: opRow(
    {
      mode: z.enum(['nearest', 'bilinear']),
      size: pair.optional(),
      scale_factor: z.union([z.tuple([factor, factor]), factor]).optional(),
      align_corners: z.literal(false).nullish(),
      antialias: z.literal(false).optional(),
    },
    PICTURES,
    (tape, { x }, { mode, size, scale_factor: f = 1 }) =>
      resize(tape, x!, size ? { mode, size } : { mode, scale: typeof f === 'number' ? [f, f] : f }),
  ),
  pixel_shuffle: opRow({ r: whole }, PICTURES, (tape, { x }, { r }) => pixelShuffle(tape, x!, r)),
  avg_pool2d: opRow(
    { ...poolAttrs, count_include_pad: z.boolean().optional().default(true) },
    PICTURES,
    (tape, { x }, { k, s, p, count_include_pad }) =>
      avgPool2d(tape, x!, { kernel: k, stride: s, padding: p, countIncludePad: count_include_pad }),
  ),
  max_pool2d: opRow(poolAttrs, PICTURES, (tape, { x }, { k, s, p }) =>
    maxPool2d(tape, x!, { kernel: k, stride: s, padding: p }),
  ),
};
