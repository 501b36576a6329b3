import { type LoraKind, mergeLora } from '../../src/runtime/ops/merge_lora.ts';
import { at, opSpec, type Values } from './spec.ts';

interface Case {
  readonly kind: LoraKind;
  /** Taps of a convolution. */
  readonly k?: readonly [number, number];
  readonly in: number;
  readonly out: number;
  readonly r: number;
  readonly scale: number;
}

function reference({ kind, scale }: Case, w: Values, A: Values, B: Values): Values {
  const y: Values = { shape: w.shape, data: w.data.slice() };
  const [first, second] = w.shape.slice(-2) as [number, number];
  const [r, out] = B.shape.slice(-2) as [number, number];
  for (let tap = 0; tap < y.data.length / (first * second); tap++)
    for (let i = 0; i < first; i++)
      for (let j = 0; j < second; j++)
        for (let k = 0; k < r; k++) {
          const a = kind === 'conv_transpose2d' ? (tap * r + k) * second + j : (tap * first + i) * r + k;
          const b = at([r, out], k, kind === 'conv_transpose2d' ? i : j);
          y.data[(tap * first + i) * second + j]! += scale * A.data[a]! * B.data[b]!;
        }
  return y;
}

export const mergeLoraSpec = opSpec<Case>({
  name: 'merge_lora',
  cases: [
    { kind: 'linear', in: 7, out: 9, r: 3, scale: 2 },
    { kind: 'conv2d', k: [3, 2], in: 5, out: 6, r: 4, scale: 0.5 },
    { kind: 'conv2d', k: [3, 3], in: 4, out: 4, r: 4, scale: 1 },
    { kind: 'conv_transpose2d', k: [3, 3], in: 4, out: 4, r: 4, scale: 1 },
    { kind: 'conv_transpose2d', k: [4, 4], in: 6, out: 5, r: 2, scale: 3 },
  ],
  inputs: ({ kind, k = [], in: i, out, r }) => ({
    w: kind === 'conv_transpose2d' ? [...k, out, i] : [...k, i, out],
    A: kind === 'conv_transpose2d' ? [...k, r, i] : [...k, i, r],
    B: [...k.map(() => 1), r, out],
  }),
  run: (_, { kind, scale }, { w, A, B }) => mergeLora(w!, A!, B!, scale, kind),
  reference: (c, { w, A, B }) => reference(c, w!, A!, B!),
  tolerance: { forward: 1e-6, grad: null },
  flops: ({ k = [1, 1], in: i, out, r }) => 2 * k[0] * k[1] * i * out * r,
});
