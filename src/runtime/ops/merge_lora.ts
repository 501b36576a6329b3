import merge from '#kernels/lora/merge.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/** The layers that take a LoRA. */
export type LoraKind = 'linear' | 'conv2d' | 'conv_transpose2d';

/** Whether these are the shapes of a layer of this kind and of its pair. */
function fits(kind: LoraKind, w: Tensor, A: Tensor, B: Tensor): boolean {
  const [r, out] = [B.shape.at(-2)!, B.shape.at(-1)!];
  const taps = w.shape.slice(0, -2);
  const [first, second] = [w.shape.at(-2)!, w.shape.at(-1)!];
  const transposed = kind === 'conv_transpose2d';
  return (
    taps.length === (kind === 'linear' ? 0 : 2) &&
    (transposed ? first : second) === out &&
    sameShape(A.shape, transposed ? [...taps, r, second] : [...taps, first, r]) &&
    sameShape(B.shape, [...taps.map(() => 1), r, out])
  );
}

/**
 * w' = w + scale B A, the weight that has taken up an adapter. Where all four are parameters the planner computes it
 * once, and again when one of them is written. No gradient: to train a LoRA, run it beside its weight.
 *
 * linear: w `[in, out]`, A `[in, r]`, B `[r, out]`, w'[i, o] = w[i, o] + scale sum over k of A[i, k] B[k, o];
 * conv2d: the same at each tap of w `[kh, kw, in, out]`, A `[kh, kw, in, r]`, B `[1, 1, r, out]`;
 * conv_transpose2d: w `[kh, kw, out, in]`, A `[kh, kw, r, in]`,
 * w'[t, o, i] = w[t, o, i] + scale sum over k of B[k, o] A[t, k, i].
 *
 * @param scale - a number, or a tensor of one element
 * @returns w's shape
 * @throws ShapeError when the shapes are not those of the kind
 */
export function mergeLora(w: Tensor, A: Tensor, B: Tensor, scale: number | Tensor, kind: LoraKind): Tensor {
  expect(
    fits(kind, w, A, B),
    'merge_lora',
    `w is ${showShape(w.shape)}, A is ${showShape(A.shape)}, B is ${showShape(B.shape)}: not those of ${kind}`,
  );
  const y = w.like();
  const [rank, cols4] = [B.shape.at(-2)!, w.pitch / 4];
  const lines = w.shape.at(-2)!;
  const transposed = kind === 'conv_transpose2d';
  const layout = transposed
    ? { lines, left_line: 1, left_k: B.pitch, right_tap4: rank * cols4 }
    : { lines: w.rows, left_line: A.pitch, left_k: 1, right_tap4: 0 };
  const [left, right] = transposed ? [B, A] : [A, B];
  const factor = typeof scale === 'number' ? w.gpu.scalar(scale) : scale;
  w.gpu.run(
    merge,
    { w, left, right, scale: factor, y },
    { rows: w.rows, cols4, rank, ...layout },
    { groups: grid1d(y.length / 4, WG), overrides: { WG }, flops: 2 * w.size * rank },
  );
  return y;
}
