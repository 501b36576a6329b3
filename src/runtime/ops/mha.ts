import { expect } from '../errors.ts';
import { showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type AttentionOptions, attention } from './attention.ts';
import { linear } from './matmul.ts';

/** Projections of one attention layer, weights `[in, out]`, biases `[out]`. */
export interface MhaWeights {
  readonly wq: Tensor;
  readonly wk: Tensor;
  readonly wv: Tensor;
  readonly wo: Tensor;
  readonly bq?: Tensor | null;
  readonly bk?: Tensor | null;
  readonly bv?: Tensor | null;
  readonly bo?: Tensor | null;
}

/**
 * y = attention(x wq + bq, ctx wk + bk, ctx wv + bv) wo + bo: multi-head attention with its projections.
 *
 * @param x - `[b, l, e]`, asks
 * @param ctx - `[b, lc, ec]`, answers; x itself for self-attention
 * @param w - wq, wo `[e, e]`, wk, wv `[ec, e]` (PyTorch's weights, transposed)
 * @returns `[b, l, e]`
 * @throws ShapeError when batches or sizes disagree
 */
export function mha(
  tape: Tape | null,
  x: Tensor,
  ctx: Tensor,
  w: MhaWeights,
  options: AttentionOptions,
): Tensor {
  expect(
    x.shape.length === 3 && ctx.shape.length === 3 && x.shape[0] === ctx.shape[0],
    'mha',
    `x is ${showShape(x.shape)}, ctx is ${showShape(ctx.shape)}`,
  );
  const q = linear(tape, x, w.wq, w.bq ?? null);
  const k = linear(tape, ctx, w.wk, w.bk ?? null);
  const v = linear(tape, ctx, w.wv, w.bv ?? null);
  return linear(tape, attention(tape, q, k, v, options), w.wo, w.bo ?? null);
}
