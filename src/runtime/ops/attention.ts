import forward from '#kernels/attention/forward.wgsl';
import gradKv from '#kernels/attention/grad_kv.wgsl';
import gradQ from '#kernels/attention/grad_q.wgsl';
import gradStats from '#kernels/attention/grad_stats.wgsl';
import { expect } from '../errors.ts';
import type { Gpu } from '../gpu.ts';
import { grid1d, roundUp, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type AttentionProblem, attentionLaunch } from './attention_form.ts';
import { regroup } from './regroup.ts';

/** How queries meet keys. */
export interface AttentionOptions {
  readonly heads: number;
  /** Factor of the scores; 1 / sqrt(d) by default. */
  readonly scale?: number;
  /** Query i sees the keys 0 … i alone. */
  readonly causal?: boolean;
  /** `[lq, lk]` or `[b, lq, lk]` of 0 and 1: a query sees the keys of its ones. */
  readonly mask?: Tensor | null;
}

interface Geometry {
  readonly b: number;
  readonly lq: number;
  readonly lk: number;
  readonly heads: number;
  readonly d: number;
  readonly dv: number;
  readonly scale: number;
  readonly causal: boolean;
  readonly mask: Tensor | null;
}

const WG = 64;

const paramsOf = (g: Geometry) => ({
  lq: g.lq,
  lk: g.lk,
  heads: g.heads,
  d4: g.d / 4,
  dv4: g.dv / 4,
  causal: Number(g.causal),
  mask_pitch: g.mask?.pitch ?? 0,
  mask_batch: g.mask?.shape.length === 3 ? g.lq * g.mask.pitch : 0,
  scale: g.scale,
  scale2: g.scale * Math.LOG2E,
});

/** Core, grid and constants of one of the three kernels. */
function launchOf(gpu: Gpu, g: Geometry, kernel: AttentionProblem['kernel'], operands: readonly Tensor[]) {
  const [rows, others] = kernel === 'grad_kv' ? [g.lk, g.lq] : [g.lq, g.lk];
  const hides = g.causal || g.mask !== null;
  return attentionLaunch(gpu, {
    kernel,
    rows,
    others,
    heads: g.b * g.heads,
    d4: g.d / 4,
    dv4: g.dv / 4,
    hides,
    operands,
  });
}

/** Attention where both head sizes are multiples of 4. */
function flash(tape: Tape | null, q: Tensor, k: Tensor, v: Tensor, g: Geometry): Tensor {
  const { gpu } = q;
  const y = q.like([g.b, g.lq, g.heads * g.dv]);
  const stats = q.like([g.b, g.lq, g.heads, 4], 'f32');
  const mask = g.mask ?? q;
  const pairs = 2 * g.b * g.heads * g.lq * g.lk;
  const params = paramsOf(g);
  gpu.run(forward, { q, k, v, mask, y, stats }, params, {
    ...launchOf(gpu, g, 'forward', [q, k, v]),
    flops: pairs * (g.d + g.dv),
  });
  if (TRAINING) {
    tape?.record(y, [q, k, v], (dy) => {
      const rows = g.b * g.lq * g.heads;
      const stats2 = stats.like();
      const [dq, dk, dv] = [q.like(), k.like(), v.like()];
      const sums = { groups: grid1d(rows, WG), overrides: { WG }, flops: 2 * rows * g.dv };
      gpu.run(gradStats, { y, dy, stats, stats2 }, { rows, dv4: g.dv / 4 }, sums);
      gpu.run(gradQ, { q, k, v, mask, dy, stats: stats2, dq }, params, {
        ...launchOf(gpu, g, 'grad_q', [q, k, v]),
        flops: pairs * (2 * g.d + g.dv),
      });
      gpu.run(gradKv, { q, k, v, mask, dy, stats: stats2, dk, dv }, params, {
        ...launchOf(gpu, g, 'grad_kv', [q, k, v]),
        flops: pairs * 2 * (g.d + g.dv),
      });
      return [dq, dk, dv];
    });
  }
  return y;
}

function geometryOf(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions): Geometry {
  const { heads, causal = false, mask = null } = options;
  const [b, lq, width] = q.shape as [number, number, number];
  const [, lk] = k.shape as [number, number];
  const d = width / heads;
  const dv = (v.shape[2] ?? 0) / heads;
  expect(
    sameShape(k.shape, [b, lk, width]) && sameShape(v.shape, [b, lk, heads * dv]),
    'attention',
    `q is ${showShape(q.shape)}, k is ${showShape(k.shape)}, v is ${showShape(v.shape)}`,
  );
  expect(
    Number.isInteger(d) && Number.isInteger(dv),
    'attention',
    `${heads} heads do not divide q ${showShape(q.shape)} and v ${showShape(v.shape)}`,
  );
  expect(
    !mask || sameShape(mask.shape, [lq, lk]) || sameShape(mask.shape, [b, lq, lk]),
    'attention',
    `mask is ${showShape(mask?.shape ?? [])}, expected ${showShape([lq, lk])} or ${showShape([b, lq, lk])}`,
  );
  return { b, lq, lk, heads, d, dv, scale: options.scale ?? 1 / Math.sqrt(d), causal, mask };
}

/**
 * y[i] = sum over j of p[i, j] v[j] for every batch and head, p[i, :] = softmax over the visible j of
 * scale q[i] . k[j]. A query that sees no key gives zeros, with zero gradients.
 *
 * @param q - `[b, lq, heads * d]`, heads interleaved as a projection leaves them
 * @param k - `[b, lk, heads * d]`
 * @param v - `[b, lk, heads * dv]`
 * @returns `[b, lq, heads * dv]`
 * @throws ShapeError when lengths, heads or the mask do not fit
 * @see Dao et al., FlashAttention (2022)
 */
export function attention(
  tape: Tape | null,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  options: AttentionOptions,
): Tensor {
  const g = geometryOf(q, k, v, options);
  const [d, dv] = [roundUp(g.d, 4), roundUp(g.dv, 4)];
  const y = flash(
    tape,
    regroup(tape, q, g.heads, g.d, d),
    regroup(tape, k, g.heads, g.d, d),
    regroup(tape, v, g.heads, g.dv, dv),
    { ...g, d, dv },
  );
  return regroup(tape, y, g.heads, dv, g.dv);
}
