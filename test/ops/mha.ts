import { mha } from '../../src/runtime/ops/mha.ts';
import { attentionReference } from './attention.ts';
import { opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly b: number;
  readonly l: number;
  readonly e: number;
  readonly heads: number;
  /** Length and width of the context; self-attention without. */
  readonly context?: readonly [number, number];
  readonly bias?: boolean;
}

/** Rows of x times w, plus bias. */
function project(x: Values, w: Values, bias: Values | undefined): Values {
  const [inputs, outputs] = w.shape as [number, number];
  const y = zeros([...x.shape.slice(0, -1), outputs]);
  for (let r = 0; r < x.data.length / inputs; r++)
    for (let o = 0; o < outputs; o++) {
      let sum = bias?.data[o] ?? 0;
      for (let i = 0; i < inputs; i++) sum += x.data[r * inputs + i]! * w.data[i * outputs + o]!;
      y.data[r * outputs + o] = sum;
    }
  return y;
}

export const mhaSpec = opSpec<Case>({
  name: 'mha',
  cases: [
    { b: 2, l: 11, e: 16, heads: 4, bias: true },
    { b: 1, l: 16, e: 32, heads: 4, context: [13, 20] },
  ],
  inputs: ({ b, l, e, context, bias }) => {
    const ec = context?.[1] ?? e;
    return {
      x: [b, l, e],
      ...(context ? { ctx: [b, ...context] } : {}),
      ...{ wq: [e, e], wk: [ec, e], wv: [ec, e], wo: [e, e] },
      ...(bias ? { bq: [e], bv: [e], bo: [e] } : {}),
    };
  },
  // The same for every key, so that softmax takes it out again: its gradient is 0 and cannot be told from rounding.
  constants: ({ e, bias }, draw) => {
    const bk = zeros([e]);
    for (let i = 0; i < e; i++) bk.data[i] = Math.fround(draw());
    return bias ? { bk } : {};
  },
  fill: ({ e }, name, draw) => (name.startsWith('w') ? draw() / Math.sqrt(e) : draw()),
  run: (tape, { heads }, { x, ctx, wq, wk, wv, wo, bq, bk, bv, bo }) => {
    const weights = { wq: wq!, wk: wk!, wv: wv!, wo: wo! };
    const biases = { bq: bq ?? null, bk: bk ?? null, bv: bv ?? null, bo: bo ?? null };
    return mha(tape, x!, ctx ?? x!, { ...weights, ...biases }, { heads });
  },
  reference: ({ b, l, e, heads, context }, { x, ctx, wq, wk, wv, wo, bq, bk, bv, bo }) => {
    const source = ctx ?? x!;
    const sizes = { b, lq: l, lk: context?.[0] ?? l, heads, d: e / heads, dv: e / heads };
    const [q, k, v] = [project(x!, wq!, bq), project(source, wk!, bk), project(source, wv!, bv)];
    return project(attentionReference(sizes, q, k, v, null), wo!, bo);
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ b, l, e, context }) => {
    const [lc, ec] = context ?? [l, e];
    return 2 * b * (2 * l * e * e + 2 * lc * ec * e + 2 * l * lc * e);
  },
});
