import { z } from 'zod';
import { attention } from '../../src/runtime/ops/attention.ts';
import { linearLora } from '../../src/runtime/ops/linear_lora.ts';
import { linear, matmul } from '../../src/runtime/ops/matmul.ts';
import { mha } from '../../src/runtime/ops/mha.ts';
import { layout, weightLayout } from './layouts.ts';
import { type OpRow, opRow } from './op_row.ts';

const whole = z.int().nonnegative();
const LINEAR = { weight: weightLayout, lora_A: weightLayout, lora_B: weightLayout };
const PROJECTIONS = { wq: weightLayout, wk: weightLayout, wv: weightLayout, wo: weightLayout };
const HEADS = layout('b h l d', 'b l (h d)');

/** Products and attention: what takes rows of tokens. */
export const TOKEN_OPS: Readonly<Record<string, OpRow>> = {
  linear: opRow({ bias: z.boolean() }, LINEAR, (tape, { x, weight, bias }) =>
    linear(tape, x!, weight!, bias ?? null),
  ),
  matmul: opRow({ transA: z.boolean(), transB: z.boolean() }, {}, (tape, { a, b }, options) =>
    matmul(tape, a!, b!, options),
  ),
  linear_lora: opRow(
    { r: whole, alpha: z.number(), rslora: z.boolean().optional(), scaling: z.number(), bias: z.boolean() },
    LINEAR,
    (tape, { x, weight, bias, lora_A, lora_B }, { scaling }) =>
      linearLora(tape, x!, weight!, bias ?? null, { A: lora_A!, B: lora_B!, scale: scaling }),
  ),
  sdpa: opRow(
    {
      layout: z.literal('B,H,L,D'),
      causal: z.boolean().optional().default(false),
      scale: z.number(),
      mask: z.literal('bool').nullish(),
    },
    { q: HEADS, k: HEADS, v: HEADS, y: HEADS },
    (tape, { q, k, v, mask }, { causal, scale }, files) =>
      attention(tape, q!, k!, v!, { heads: files.q![1]!, scale, causal, mask: mask ?? null }),
  ),
  mha: opRow(
    {
      heads: whole,
      bias: z.boolean(),
      cross: z.boolean(),
      causal: z.boolean().optional().default(false),
      layout: z.literal('B,L,E; weights [out,in]'),
    },
    PROJECTIONS,
    (tape, { x, ctx = x, wq, wk, wv, wo, bq, bk, bv, bo }, { heads, causal }) => {
      const biases = bq && bk && bv && bo ? { bq, bk, bv, bo } : {};
      return mha(tape, x!, ctx!, { wq: wq!, wk: wk!, wv: wv!, wo: wo!, ...biases }, { heads, causal });
    },
  ),
};
