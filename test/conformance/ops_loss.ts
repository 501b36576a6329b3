import { z } from 'zod';
import {
  bceWithLogits,
  discriminatorLoss,
  type GanKind,
  generatorLoss,
  l1,
  mse,
  smoothL1,
} from '../../src/runtime/ops/loss.ts';
import type { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import type { Traced } from './evaluate.ts';
import { type OpRow, opRow } from './op_row.ts';

const MEAN = { reduction: z.literal('mean').optional() };

const judged =
  (gan: GanKind, weight: number) =>
  (tape: Tape | null, { real, fake }: Traced): Tensor =>
    discriminatorLoss(tape, gan, real!, fake!, weight);

const generated =
  (gan: GanKind) =>
  (tape: Tape | null, { fake }: Traced): Tensor =>
    generatorLoss(tape, gan, fake!);

/** A case names an adversarial loss by its formula in the scores r of real and f of generated pictures. */
const GAN_FORMS: Readonly<Record<string, (tape: Tape | null, scores: Traced) => Tensor>> = {
  '0.5*(mean((r-1)^2)+mean(f^2))': judged('lsgan', 0.5),
  'mean((r-1)^2)+mean(f^2)': judged('lsgan', 1),
  'mean((f-1)^2)': generated('lsgan'),
  '0.5*(mean(relu(1-r))+mean(relu(1+f)))': judged('hinge', 0.5),
  'mean(relu(1-r))+mean(relu(1+f))': judged('hinge', 1),
  '-mean(f)': generated('hinge'),
  '0.5*(mean(softplus(-r))+mean(softplus(f)))': judged('vanilla', 0.5),
  'mean(softplus(-r))+mean(softplus(f))': judged('vanilla', 1),
  'mean(softplus(-f))': generated('vanilla'),
};

/** Losses: means over all elements. */
export const LOSS_OPS: Readonly<Record<string, OpRow>> = {
  l1_loss: opRow(MEAN, {}, (tape, { x, y }) => l1(tape, x!, y!)),
  mse_loss: opRow(MEAN, {}, (tape, { x, y }) => mse(tape, x!, y!)),
  smooth_l1_loss: opRow({ ...MEAN, beta: z.number() }, {}, (tape, { x, y }, { beta }) =>
    smoothL1(tape, x!, y!, beta),
  ),
  bce_with_logits: opRow(MEAN, {}, (tape, { x, t }) => bceWithLogits(tape, x!, t!)),
  gan_loss: opRow({ form: z.enum(Object.keys(GAN_FORMS)) }, {}, (tape, scores, { form }) =>
    GAN_FORMS[form]!(tape, scores),
  ),
};
