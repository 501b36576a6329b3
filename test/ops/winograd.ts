import { type ConvOptions, conv2d } from '../../src/runtime/ops/conv2d.ts';
import { conv2dReference } from './conv2d.ts';
import { opSpec } from './spec.ts';

interface Case extends ConvOptions {
  readonly x: readonly [number, number, number, number];
  readonly cout: number;
  readonly residual?: boolean;
}

const outputOf = ({ x: [n, h, w], cout, padding: [py, px] = [0, 0] }: Case): number[] => [
  n,
  h + 2 * py - 2,
  w + 2 * px - 2,
  cout,
];

/** Convolutions that Winograd's kernels can compute; the test forces them. */
export const winogradSpec = opSpec<Case>({
  name: 'winograd',
  cases: [
    { x: [1, 1, 1, 1], cout: 1, padding: [1, 1] },
    { x: [1, 3, 3, 3], cout: 5 },
    { x: [2, 1, 5, 6], cout: 3, padding: [1, 1] },
    { x: [2, 3, 5, 7], cout: 9, padding: [1, 1], paddingMode: 'reflect', residual: true },
    { x: [1, 2, 2, 4], cout: 2, padding: [1, 1], paddingMode: 'reflect' },
    { x: [1, 4, 8, 5], cout: 4, padding: [1, 1] },
    { x: [1, 5, 9, 8], cout: 33, padding: [1, 1], paddingMode: 'reflect' },
    { x: [2, 7, 6, 4], cout: 6, padding: [2, 0], residual: true },
    { x: [1, 4, 5, 2], cout: 3, padding: [3, 4] },
    { x: [1, 6, 5, 4], cout: 4, padding: [2, 1], paddingMode: 'circular' },
    { x: [1, 5, 4, 4], cout: 5, padding: [1, 3], paddingMode: 'replicate' },
    { x: [1, 13, 15, 18], cout: 22, padding: [1, 1], paddingMode: 'reflect' },
    { x: [2, 17, 16, 32], cout: 36, padding: [1, 1], paddingMode: 'reflect' },
  ],
  inputs: (c) => ({
    x: c.x,
    w: [3, 3, c.x[3], c.cout],
    bias: [c.cout],
    ...(c.residual ? { residual: outputOf(c) } : {}),
  }),
  run: (tape, c, { x, w, bias, residual }) => conv2d(tape, x!, w!, bias!, c, residual ?? null),
  reference: (c, { x, w, bias, residual }) => {
    const y = conv2dReference(x!, w!, bias!, c);
    if (residual) for (let i = 0; i < y.data.length; i++) y.data[i]! += residual.data[i]!;
    return y;
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, cout }) => 18 * x[0] * x[1] * x[2] * x[3] * cout,
});
