import { type ConvOptions, conv2d, convLength } from '../../src/runtime/ops/conv2d.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case extends ConvOptions {
  readonly x: readonly [number, number, number, number];
  readonly k: readonly [number, number];
  readonly cout: number;
  readonly bias?: boolean;
}

/** Convolution by seven plain loops, zero outside of x; also used by the specs of its relatives. */
export function conv2dReference(x: Values, w: Values, bias: Values | null, options: ConvOptions): Values {
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const [n, h, width, cin] = x.shape as [number, number, number, number];
  const [kh, kw, , cout] = w.shape as [number, number, number, number];
  const y = zeros([n, convLength(h, kh, stride[0], padding[0], dilation[0]), convLength(width, kw, stride[1], padding[1], dilation[1]), cout]);
  const [, oh, ow] = y.shape as [number, number, number];
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let ty = 0; ty < kh; ty++)
          for (let tx = 0; tx < kw; tx++) {
            const iy = oy * stride[0] + ty * dilation[0] - padding[0];
            const ix = ox * stride[1] + tx * dilation[1] - padding[1];
            if (iy < 0 || iy >= h || ix < 0 || ix >= width) continue;
            for (let i = 0; i < cin; i++)
              for (let o = 0; o < cout; o++)
                y.data[at(y.shape, b, oy, ox, o)]! += x.data[at(x.shape, b, iy, ix, i)]! * w.data[at(w.shape, ty, tx, i, o)]!;
          }
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i]! += bias.data[i % cout]!;
  return y;
}

export const conv2dSpec = opSpec<Case>({
  name: 'conv2d',
  cases: [
    { x: [1, 1, 1, 1], k: [1, 1], cout: 1 },
    { x: [2, 9, 7, 3], k: [3, 3], cout: 5, padding: [1, 1], bias: true },
    { x: [1, 12, 10, 8], k: [4, 4], cout: 16, stride: [2, 2], padding: [1, 1], bias: true },
    { x: [1, 11, 13, 4], k: [3, 5], cout: 33, stride: [3, 2], padding: [0, 2], dilation: [2, 1] },
    { x: [1, 16, 16, 16], k: [3, 3], cout: 32, padding: [1, 1], bias: true },
    { x: [1, 14, 14, 3], k: [7, 7], cout: 16, padding: [3, 3], bias: true },
    { x: [1, 8, 8, 64], k: [1, 1], cout: 64, bias: true },
  ],
  inputs: ({ x, k, cout, bias }) => ({ x, w: [...k, x[3], cout], ...(bias ? { bias: [cout] } : {}) }),
  run: (tape, c, { x, w, bias }) => conv2d(tape, x!, w!, bias ?? null, c),
  reference: (c, { x, w, bias }) => conv2dReference(x!, w!, bias ?? null, c),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, cout }) => 2 * x[0] * x[1] * x[2] * x[3] * k[0] * k[1] * cout,
});
