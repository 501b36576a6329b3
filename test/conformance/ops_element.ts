import { z } from 'zod';
import { type ActivationKind, activation } from '../../src/runtime/ops/activation.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { concat } from '../../src/runtime/ops/concat.ts';
import { geglu } from '../../src/runtime/ops/geglu.ts';
import { mul } from '../../src/runtime/ops/mul.ts';
import { softmax } from '../../src/runtime/ops/softmax.ts';
import { innermost } from './layouts.ts';
import { type OpRow, opRow } from './op_row.ts';

const activationRow = (kind: ActivationKind) => opRow({}, {}, (tape, { x }) => activation(tape, x!, kind));

/** Activations, sums and joins: what takes tensors of any shape. */
export const ELEMENT_OPS: Readonly<Record<string, OpRow>> = {
  relu: activationRow('relu'),
  tanh: activationRow('tanh'),
  sigmoid: activationRow('sigmoid'),
  silu: activationRow('silu'),
  softplus: activationRow('softplus'),
  leaky_relu: opRow({ slope: z.number() }, {}, (tape, { x }, { slope }) =>
    activation(tape, x!, 'leaky_relu', slope),
  ),
  gelu: opRow({ approximate: z.enum(['none', 'tanh']) }, {}, (tape, { x }, { approximate }) =>
    activation(tape, x!, approximate === 'tanh' ? 'gelu_tanh' : 'gelu'),
  ),
  geglu: opRow({ form: z.literal('x1*gelu_erf(x2), split on last dim').optional() }, {}, (tape, { x }) =>
    geglu(tape, x!),
  ),
  softmax: opRow({ dim: z.int() }, {}, (tape, { x }, { dim }) => softmax(tape, x!, dim)),
  add: opRow({}, {}, (tape, { a, b }) => add(tape, a!, b!)),
  mul: opRow({}, {}, (tape, { a, b }) => mul(tape, a!, b!)),
  concat: opRow(
    { dim: z.int() },
    ({ dim }) => ({ a: innermost(dim), b: innermost(dim), y: innermost(dim) }),
    (tape, { a, b }) => concat(tape, [a!, b!]),
  ),
};
