import { convLength, fullWindow } from '../../src/runtime/ops/conv_geometry.ts';
import { type ConvOptions, conv2d } from '../../src/runtime/ops/conv2d.ts';
import { pad2dReference } from './pad2d.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case extends ConvOptions {
  readonly x: readonly [number, number, number, number];
  readonly k: readonly [number, number];
  readonly cout: number;
  readonly bias?: boolean;
  readonly residual?: boolean;
}

/** Convolution by seven plain loops; also used by the specs of its relatives. */
export function conv2dReference(x: Values, w: Values, bias: Values | null, options: ConvOptions): Values {
  const { stride, padding, dilation, groups } = fullWindow(options);
  const [py, px] = padding;
  const from = pad2dReference(x, [px, px, py, py], options.paddingMode ?? 'zeros');
  const [n, h, width] = from.shape as [number, number, number];
  const [kh, kw, cinGroup, cout] = w.shape as [number, number, number, number];
  const oh = convLength(h, kh, stride[0], 0, dilation[0]);
  const ow = convLength(width, kw, stride[1], 0, dilation[1]);
  const y = zeros([n, oh, ow, cout]);
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let ty = 0; ty < kh; ty++)
          for (let tx = 0; tx < kw; tx++) {
            const [iy, ix] = [oy * stride[0] + ty * dilation[0], ox * stride[1] + tx * dilation[1]];
            const pixel = at(from.shape, b, iy, ix, 0);
            const out = at(y.shape, b, oy, ox, 0);
            for (let i = 0; i < cinGroup; i++) {
              const weights = at(w.shape, ty, tx, i, 0);
              for (let o = 0; o < cout; o++) {
                const first = Math.floor((o * groups) / cout) * cinGroup;
                y.data[out + o]! += from.data[pixel + first + i]! * w.data[weights + o]!;
              }
            }
          }
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i]! += bias.data[i % cout]!;
  return y;
}

/** Shape of y. */
const outputOf = ({ x, k, cout, ...options }: Case): number[] => {
  const { stride, padding, dilation } = fullWindow(options);
  const length = (i: 0 | 1) => convLength(x[i + 1]!, k[i], stride[i], padding[i], dilation[i]);
  return [x[0], length(0), length(1), cout];
};

export const conv2dSpec = opSpec<Case>({
  name: 'conv2d',
  cases: [
    { x: [1, 1, 1, 1], k: [1, 1], cout: 1 },
    { x: [2, 9, 7, 3], k: [3, 3], cout: 5, padding: [1, 1], bias: true, residual: true },
    { x: [1, 12, 10, 8], k: [4, 4], cout: 16, stride: [2, 2], padding: [1, 1], bias: true },
    { x: [1, 11, 13, 4], k: [3, 5], cout: 33, stride: [3, 2], padding: [0, 2], dilation: [2, 1] },
    { x: [1, 16, 16, 16], k: [3, 3], cout: 32, padding: [1, 1], bias: true },
    { x: [1, 14, 14, 3], k: [7, 7], cout: 16, padding: [3, 3], paddingMode: 'reflect', bias: true },
    { x: [1, 8, 8, 64], k: [1, 1], cout: 64, bias: true },
    { x: [1, 9, 8, 5], k: [1, 1], cout: 9, stride: [2, 2] },
    { x: [2, 5, 7, 4], k: [5, 7], cout: 6, bias: true },
    { x: [1, 11, 11, 4], k: [2, 2], cout: 4, stride: [3, 3] },
    { x: [1, 2, 1025, 1], k: [1, 3], cout: 2, padding: [0, 1] },
    {
      x: [2, 6, 9, 2],
      k: [4, 2],
      cout: 3,
      stride: [3, 1],
      padding: [1, 3],
      dilation: [2, 1],
      paddingMode: 'replicate',
    },
    { x: [1, 6, 5, 4], k: [3, 3], cout: 4, padding: [2, 1], paddingMode: 'circular' },
    { x: [2, 10, 13, 9], k: [3, 3], cout: 15, padding: [1, 1], groups: 3, bias: true },
    {
      x: [1, 9, 8, 8],
      k: [3, 3],
      cout: 8,
      stride: [2, 2],
      padding: [1, 1],
      groups: 8,
      bias: true,
      residual: true,
    },
    { x: [1, 7, 9, 5], k: [4, 2], cout: 5, stride: [3, 1], padding: [2, 0], dilation: [1, 2], groups: 5 },
    {
      x: [2, 6, 9, 6],
      k: [1, 4],
      cout: 24,
      padding: [1, 3],
      dilation: [1, 2],
      groups: 3,
      paddingMode: 'replicate',
    },
    { x: [1, 70, 61, 2], k: [1, 1], cout: 4, groups: 2 },
    // Few output channels (conv2d/narrow on software devices): lines below, at and above a block of 8 lanes.
    { x: [1, 5, 16, 3], k: [3, 3], cout: 3, padding: [1, 1], bias: true },
    { x: [2, 3, 17, 5], k: [3, 3], cout: 16, padding: [1, 1], paddingMode: 'circular' },
    { x: [1, 6, 33, 2], k: [1, 9], cout: 7, padding: [0, 4], bias: true, residual: true },
    { x: [1, 4, 65, 4], k: [7, 7], cout: 3, padding: [3, 3], paddingMode: 'reflect', bias: true },
    { x: [1, 9, 70, 1], k: [4, 2], cout: 8, padding: [2, 3], paddingMode: 'replicate', residual: true },
    { x: [1, 3, 14, 2], k: [2, 12], cout: 2, bias: true },
    { x: [1, 3, 31, 2], k: [2, 3], cout: 1, bias: true },
  ],
  inputs: ({ bias, residual, ...c }) => ({
    x: c.x,
    w: [...c.k, c.x[3] / (c.groups ?? 1), c.cout],
    ...(bias ? { bias: [c.cout] } : {}),
    ...(residual ? { residual: outputOf(c) } : {}),
  }),
  run: (tape, c, { x, w, bias, residual }) => conv2d(tape, x!, w!, bias ?? null, c, residual ?? null),
  reference: (c, { x, w, bias, residual }) => {
    const y = conv2dReference(x!, w!, bias ?? null, c);
    if (residual) for (let i = 0; i < y.data.length; i++) y.data[i]! += residual.data[i]!;
    return y;
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, cout, groups = 1 }) => (2 * x[0] * x[1] * x[2] * x[3] * k[0] * k[1] * cout) / groups,
});
