import { attention } from '../../src/runtime/ops/attention.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly b: number;
  readonly lq: number;
  readonly lk: number;
  readonly heads: number;
  readonly d: number;
  readonly dv: number;
  readonly scale?: number;
  readonly causal?: boolean;
  /** Shared by the batch, one each, or one with a query that sees nothing. */
  readonly mask?: 'shared' | 'each' | 'blind';
}

/** softmax(scale q k^T) v head by head, as loops; zeros for a query that sees no key. */
export function attentionReference(
  c: Omit<Case, 'mask'>,
  q: Values,
  k: Values,
  v: Values,
  mask: Values | null,
): Values {
  const { b, lq, lk, heads, d, dv, scale = 1 / Math.sqrt(d), causal = false } = c;
  const y = zeros([b, lq, heads * dv]);
  const sees = (n: number, i: number, j: number) =>
    (!causal || j <= i) &&
    (mask === null || mask.data[(mask.shape.length === 3 ? n * lq * lk : 0) + i * lk + j] !== 0);
  for (let n = 0; n < b; n++)
    for (let h = 0; h < heads; h++)
      for (let i = 0; i < lq; i++) {
        const from = at(q.shape, n, i, h * d);
        const scores = Array.from({ length: lk }, (_, j) => {
          if (!sees(n, i, j)) return Number.NEGATIVE_INFINITY;
          const key = at(k.shape, n, j, h * d);
          let sum = 0;
          for (let e = 0; e < d; e++) sum += q.data[from + e]! * k.data[key + e]!;
          return sum * scale;
        });
        const top = Math.max(...scores);
        if (top === Number.NEGATIVE_INFINITY) continue;
        const total = scores.reduce((sum, s) => sum + Math.exp(s - top), 0);
        const to = at(y.shape, n, i, h * dv);
        for (let j = 0; j < lk; j++) {
          const share = Math.exp(scores[j]! - top) / total;
          const value = at(v.shape, n, j, h * dv);
          for (let e = 0; e < dv; e++) y.data[to + e]! += share * v.data[value + e]!;
        }
      }
  return y;
}

function maskOf({ b, lq, lk, mask }: Case, draw: () => number): Values {
  const shape = mask === 'each' ? [b, lq, lk] : [lq, lk];
  const values = zeros(shape);
  for (let i = 0; i < values.data.length; i++) values.data[i] = draw() > -0.3 ? 1 : 0;
  if (mask === 'blind') values.data.fill(0, lk, 2 * lk);
  return values;
}

export const attentionSpec = opSpec<Case>({
  name: 'attention',
  // Few head sizes, since each is compiled for itself; lengths around the tiles: 4 or 8 rows of 8, 32 or 64 lanes, 16 keys.
  cases: [
    { b: 1, lq: 6, lk: 1, heads: 1, d: 4, dv: 8 },
    { b: 2, lq: 1, lk: 77, heads: 2, d: 4, dv: 8 },
    { b: 1, lq: 65, lk: 15, heads: 2, d: 4, dv: 8 },
    { b: 1, lq: 257, lk: 16, heads: 1, d: 4, dv: 8 },
    { b: 1, lq: 32, lk: 17, heads: 1, d: 4, dv: 8, scale: 4 },
    { b: 2, lq: 7, lk: 16, heads: 1, d: 4, dv: 8, mask: 'each' },
    { b: 1, lq: 5, lk: 11, heads: 2, d: 4, dv: 8, mask: 'blind' },
    { b: 1, lq: 33, lk: 40, heads: 1, d: 4, dv: 8, causal: true, scale: 1.5 },
    { b: 1, lq: 9, lk: 9, heads: 2, d: 5, dv: 6 },
    { b: 2, lq: 17, lk: 23, heads: 2, d: 8, dv: 24, mask: 'shared', scale: 0.3 },
    { b: 1, lq: 70, lk: 77, heads: 2, d: 16, dv: 16 },
    { b: 1, lq: 34, lk: 34, heads: 1, d: 64, dv: 64, causal: true },
  ],
  inputs: ({ b, lq, lk, heads, d, dv }) => ({
    q: [b, lq, heads * d],
    k: [b, lk, heads * d],
    v: [b, lk, heads * dv],
  }),
  constants: (c, draw) => (c.mask ? { mask: maskOf(c, draw) } : {}),
  run: (tape, c, { q, k, v, mask }) => {
    const { heads, scale, causal } = c;
    const options = {
      heads,
      ...(scale ? { scale } : {}),
      ...(causal ? { causal } : {}),
      ...(mask ? { mask } : {}),
    };
    return attention(tape, q!, k!, v!, options);
  },
  reference: (c, { q, k, v, mask }) => attentionReference(c, q!, k!, v!, mask ?? null),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ b, lq, lk, heads, d, dv }) => 2 * b * heads * lq * lk * (d + dv),
});
