import type { ConvOptions } from '../../src/runtime/ops/conv2d.ts';
import { conv2dLora } from '../../src/runtime/ops/conv2d_lora.ts';
import { conv2dReference } from './conv2d.ts';
import { accumulate, STRENGTH } from './linear_lora.ts';
import { opSpec } from './spec.ts';

interface Case extends ConvOptions {
  readonly x: readonly [number, number, number, number];
  readonly k: readonly [number, number];
  readonly out: number;
  readonly r: number;
  /** A number, or null where a tensor holds it. */
  readonly scale: number | null;
}

export const conv2dLoraSpec = opSpec<Case>({
  name: 'conv2d_lora',
  cases: [
    { x: [1, 9, 9, 10], k: [1, 1], out: 6, r: 2, scale: 2 },
    { x: [1, 8, 7, 16], k: [3, 3], out: 16, r: 4, scale: null, padding: [1, 1], paddingMode: 'reflect' },
    { x: [2, 8, 6, 6], k: [4, 4], out: 9, r: 1, scale: 1, stride: [2, 2], padding: [1, 1] },
    { x: [1, 6, 5, 8], k: [3, 3], out: 12, r: 6, scale: 0.5, padding: [1, 1], groups: 2 },
  ],
  inputs: ({ x, k, out, r, groups = 1 }) => ({
    x,
    w: [...k, x[3] / groups, out],
    bias: [out],
    A: [...k, x[3], r],
    B: [1, 1, r / groups, out],
  }),
  constants: ({ scale }) => (scale === null ? { strength: STRENGTH } : {}),
  run: (tape, c, { x, w, bias, A, B, strength }) =>
    conv2dLora(tape, x!, w!, bias!, { A: A!, B: B!, scale: c.scale ?? strength! }, c),
  reference: (c, { x, w, bias, A, B }) => {
    const low = conv2dReference(x!, A!, null, { ...c, groups: 1 });
    const change = conv2dReference(low, B!, null, { groups: c.groups ?? 1 });
    return accumulate(conv2dReference(x!, w!, bias!, c), change, c.scale ?? STRENGTH.data[0]!);
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, out, r }) => 2 * x[0] * x[1] * x[2] * x[3] * k[0] * k[1] * (out + r),
});
