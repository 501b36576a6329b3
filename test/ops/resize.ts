import { type ResizeOptions, resize } from '../../src/runtime/ops/resize.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

type Case = ResizeOptions & { readonly x: readonly [number, number, number, number] };

/** Pixels of the input that output o reads along one axis, and their shares. */
function taps(o: number, size: number, ratio: number, mode: string): [number, number][] {
  if (mode === 'nearest') return [[Math.min(Math.floor(o * ratio), size - 1), 1]];
  const from = Math.max(0, (o + 0.5) * ratio - 0.5);
  const lower = Math.min(Math.floor(from), size - 1);
  return [
    [lower, 1 - (from - lower)],
    [Math.min(lower + 1, size - 1), from - lower],
  ];
}

function reference(c: Case, x: Values): Values {
  const [n, h, w, channels] = x.shape as [number, number, number, number];
  const [oh, ow] = 'size' in c ? c.size : [Math.floor(h * c.scale[0]), Math.floor(w * c.scale[1])];
  const [ry, rx] = 'size' in c ? [h / oh, w / ow] : [1 / c.scale[0], 1 / c.scale[1]];
  const y = zeros([n, oh, ow, channels]);
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++)
        for (const [iy, v] of taps(oy, h, ry, c.mode))
          for (const [ix, u] of taps(ox, w, rx, c.mode))
            for (let i = 0; i < channels; i++)
              y.data[at(y.shape, b, oy, ox, i)]! += v * u * x.data[at(x.shape, b, iy, ix, i)]!;
  return y;
}

export const resizeSpec = opSpec<Case>({
  name: 'resize',
  cases: [
    { x: [2, 7, 6, 5], mode: 'nearest', scale: [2, 2] },
    { x: [1, 9, 8, 4], mode: 'nearest', size: [4, 11] },
    { x: [2, 6, 5, 3], mode: 'bilinear', scale: [2, 2] },
    { x: [1, 1, 1, 1], mode: 'bilinear', size: [3, 5] },
    { x: [1, 13, 9, 4], mode: 'bilinear', size: [5, 4] },
    { x: [1, 5, 8, 8], mode: 'bilinear', scale: [1.5, 0.4] },
    { x: [1, 16, 16, 8], mode: 'bilinear', scale: [4, 4] },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, c, { x }) => resize(tape, x!, c),
  reference: (c, { x }) => reference(c, x!),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x }) => 8 * x[0] * x[1] * x[2] * x[3],
});
