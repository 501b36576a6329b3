import { z } from 'zod';
import {
  bceWithLogits,
  discriminatorLoss,
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

/** What an adversarial loss is called in a case: its formula in the scores r of real and f of generated pictures. */
const GAN_FORMS: Readonly<Record<string, (tape: Tape, scores: Traced) => Tensor>> = {
  '0.5*(mean((r-1)^2)+mean(f^2))': (tape, { real, fake }) => discriminatorLoss(tape, 'lsgan', real!, fake!),
  'mean((f-1)^2)': (tape, { fake }) => generatorLoss(tape, 'lsgan', fake!),
  'mean(relu(1-r))+mean(relu(1+f))': (tape, { real, fake }) =>
    discriminatorLoss(tape, 'hinge', real!, fake!, 1),
  '-mean(f)': (tape, { fake }) => generatorLoss(tape, 'hinge', fake!),
  'mean(softplus(-r))+mean(softplus(f))': (tape, { real, fake }) =>
    discriminatorLoss(tape, 'vanilla', real!, fake!, 1),
  'mean(softplus(-f))': (tape, { fake }) => generatorLoss(tape, 'vanilla', fake!),
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
