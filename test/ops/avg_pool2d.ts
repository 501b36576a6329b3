import { type AvgPoolOptions, avgPool2d } from '../../src/runtime/ops/avg_pool2d.ts';
import { convLength } from '../../src/runtime/ops/conv_geometry.ts';
import type { PoolOptions } from '../../src/runtime/ops/pool_geometry.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case extends AvgPoolOptions {
  readonly x: readonly [number, number, number, number];
}

/** `reduce` over the values inside of x of each window, in row order. */
export function poolReference(x: Values, options: PoolOptions, reduce: (values: number[]) => number): Values {
  const { kernel, stride = kernel, padding = [0, 0] } = options;
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const oh = convLength(h, kernel[0], stride[0], padding[0], 1);
  const ow = convLength(w, kernel[1], stride[1], padding[1], 1);
  const y = zeros([n, oh, ow, c]);
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (let i = 0; i < c; i++) {
          const values: number[] = [];
          for (let ty = 0; ty < kernel[0]; ty++)
            for (let tx = 0; tx < kernel[1]; tx++) {
              const [iy, ix] = [oy * stride[0] + ty - padding[0], ox * stride[1] + tx - padding[1]];
              if (iy >= 0 && iy < h && ix >= 0 && ix < w) values.push(x.data[at(x.shape, b, iy, ix, i)]!);
            }
          y.data[at(y.shape, b, oy, ox, i)] = reduce(values);
        }
  return y;
}

export const avgPool2dSpec = opSpec<Case>({
  name: 'avg_pool2d',
  cases: [
    { x: [1, 2, 2, 1], kernel: [2, 2] },
    { x: [2, 9, 8, 3], kernel: [3, 3], stride: [2, 2], padding: [1, 1], countIncludePad: false },
    { x: [2, 9, 8, 3], kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
    { x: [1, 7, 10, 6], kernel: [2, 5], stride: [3, 1], padding: [0, 2], countIncludePad: false },
    { x: [1, 8, 8, 16], kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, c, { x }) => avgPool2d(tape, x!, c),
  reference: (c, { x }) =>
    poolReference(x!, c, (values) => {
      const count = c.countIncludePad === false ? values.length : c.kernel[0] * c.kernel[1];
      return values.reduce((a, b) => a + b, 0) / count;
    }),
  tolerance: { forward: 2e-6, grad: 1e-5 },
  flops: ({ x, kernel }) => x[0] * x[1] * x[2] * x[3] * kernel[0] * kernel[1],
});
