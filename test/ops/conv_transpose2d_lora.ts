import type { ConvTransposeOptions } from '../../src/runtime/ops/conv_transpose2d.ts';
import { convTranspose2dLora } from '../../src/runtime/ops/conv_transpose2d_lora.ts';
import { convTranspose2dReference } from './conv_transpose2d.ts';
import { conv2dReference } from './conv2d.ts';
import { accumulate } from './linear_lora.ts';
import { opSpec } from './spec.ts';

interface Case extends ConvTransposeOptions {
  readonly x: readonly [number, number, number, number];
  readonly k: readonly [number, number];
  readonly out: number;
  readonly r: number;
  readonly scale: number;
}

export const convTranspose2dLoraSpec = opSpec<Case>({
  name: 'conv_transpose2d_lora',
  cases: [
    {
      x: [1, 5, 4, 8],
      k: [3, 3],
      out: 6,
      r: 3,
      scale: 2,
      stride: [2, 2],
      padding: [1, 1],
      outputPadding: [1, 1],
    },
    { x: [2, 3, 2, 5], k: [4, 4], out: 4, r: 1, scale: 1, stride: [2, 2], padding: [1, 1] },
  ],
  inputs: ({ x, k, out, r }) => ({
    x,
    w: [...k, out, x[3]],
    bias: [out],
    A: [...k, r, x[3]],
    B: [1, 1, r, out],
  }),
  run: (tape, c, { x, w, bias, A, B }) =>
    convTranspose2dLora(tape, x!, w!, bias!, { A: A!, B: B!, scale: c.scale }, c),
  reference: (c, { x, w, bias, A, B }) => {
    const change = conv2dReference(convTranspose2dReference(x!, A!, null, c), B!, null, {});
    return accumulate(convTranspose2dReference(x!, w!, bias!, c), change, c.scale);
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, out, r }) => 2 * x[0] * x[1] * x[2] * x[3] * k[0] * k[1] * (out + r),
});
