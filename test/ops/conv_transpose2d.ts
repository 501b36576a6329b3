import { fullWindow } from '../../src/runtime/ops/conv_geometry.ts';
import { type ConvTransposeOptions, convTranspose2d } from '../../src/runtime/ops/conv_transpose2d.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case extends ConvTransposeOptions {
  readonly x: readonly [number, number, number, number];
  readonly k: readonly [number, number];
  readonly cout: number;
  readonly bias?: boolean;
}

/** Each pixel of x scatters its taps; also used by the specs of its relatives. */
export function convTranspose2dReference(
  x: Values,
  w: Values,
  bias: Values | null,
  options: ConvTransposeOptions,
): Values {
  const { stride, padding, dilation, groups } = fullWindow(options);
  const { outputPadding = [0, 0] } = options;
  const [n, h, width, cin] = x.shape as [number, number, number, number];
  const [kh, kw, coutGroup] = w.shape as [number, number, number];
  const length = (size: number, k: number, i: 0 | 1) =>
    (size - 1) * stride[i] - 2 * padding[i] + dilation[i] * (k - 1) + outputPadding[i] + 1;
  const y = zeros([n, length(h, kh, 0), length(width, kw, 1), coutGroup * groups]);
  const [, oh, ow, cout] = y.shape as [number, number, number, number];
  for (let b = 0; b < n; b++)
    for (let iy = 0; iy < h; iy++)
      for (let ix = 0; ix < width; ix++)
        for (let ty = 0; ty < kh; ty++)
          for (let tx = 0; tx < kw; tx++) {
            const oy = iy * stride[0] + ty * dilation[0] - padding[0];
            const ox = ix * stride[1] + tx * dilation[1] - padding[1];
            if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
            const out = at(y.shape, b, oy, ox, 0);
            for (let o = 0; o < coutGroup; o++)
              for (let i = 0; i < cin; i++) {
                const first = Math.floor((i * groups) / cin) * coutGroup;
                y.data[out + first + o]! +=
                  x.data[at(x.shape, b, iy, ix, i)]! * w.data[at(w.shape, ty, tx, o, i)]!;
              }
          }
  if (bias) for (let i = 0; i < y.data.length; i++) y.data[i]! += bias.data[i % cout]!;
  return y;
}

export const convTranspose2dSpec = opSpec<Case>({
  name: 'conv_transpose2d',
  cases: [
    { x: [3, 1, 1, 8], k: [4, 4], cout: 4, bias: true },
    {
      x: [1, 6, 5, 12],
      k: [3, 3],
      cout: 16,
      stride: [2, 2],
      padding: [1, 1],
      outputPadding: [1, 1],
      bias: true,
    },
    { x: [1, 9, 8, 5], k: [3, 3], cout: 6, padding: [1, 1], bias: true },
    { x: [2, 3, 8, 6], k: [4, 2], cout: 6, stride: [2, 2], outputPadding: [0, 1] },
    { x: [1, 6, 4, 4], k: [2, 5], cout: 5, stride: [1, 3], padding: [0, 1], dilation: [2, 1], bias: true },
    { x: [1, 6, 7, 9], k: [4, 4], cout: 9, stride: [2, 2], padding: [1, 1], groups: 9 },
    {
      x: [2, 4, 3, 6],
      k: [3, 2],
      cout: 9,
      stride: [2, 3],
      padding: [1, 0],
      outputPadding: [0, 2],
      groups: 3,
      bias: true,
    },
  ],
  inputs: ({ x, k, cout, groups = 1, bias }) => ({
    x,
    w: [...k, cout / groups, x[3]],
    ...(bias ? { bias: [cout] } : {}),
  }),
  run: (tape, c, { x, w, bias }) => convTranspose2d(tape, x!, w!, bias ?? null, c),
  reference: (c, { x, w, bias }) => convTranspose2dReference(x!, w!, bias ?? null, c),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, k, cout, groups = 1 }) => (2 * x[0] * x[1] * x[2] * x[3] * k[0] * k[1] * cout) / groups,
});
