import { z } from 'zod';
import { groupNorm } from '../../src/runtime/ops/group_norm.ts';
import { instanceNorm } from '../../src/runtime/ops/instance_norm.ts';
import { layerNorm } from '../../src/runtime/ops/layer_norm.ts';
import { rmsNorm } from '../../src/runtime/ops/rms_norm.ts';
import type { Traced } from './evaluate.ts';
import { innermost, joined } from './layouts.ts';
import { type OpRow, opRow } from './op_row.ts';

const CHANNELS = { x: innermost(1), y: innermost(1) };
const common = { eps: z.number().positive(), affine: z.boolean().optional() };

const affineOf = ({ weight, bias }: Traced) => (weight && bias ? { weight, bias } : null);

/** Normalisations. */
export const NORM_OPS: Readonly<Record<string, OpRow>> = {
  instance_norm: opRow(common, CHANNELS, (tape, inputs, { eps }) =>
    instanceNorm(tape, inputs.x!, affineOf(inputs), { eps }),
  ),
  group_norm: opRow({ ...common, groups: z.int().positive() }, CHANNELS, (tape, inputs, { groups, eps }) =>
    groupNorm(tape, inputs.x!, groups, affineOf(inputs), { eps }),
  ),
  layer_norm: opRow(
    { ...common, normalized_shape: z.array(z.int().positive()) },
    ({ normalized_shape: { length } }) => ({
      x: joined(length),
      weight: joined(length),
      bias: joined(length),
      y: joined(length),
    }),
    (tape, inputs, { eps }) => layerNorm(tape, inputs.x!, affineOf(inputs), { eps }),
  ),
  rms_norm: opRow(common, {}, (tape, { x, weight }, { eps }) => rmsNorm(tape, x!, weight ?? null, { eps })),
};
