import { pixelShuffle } from '../../src/runtime/ops/pixel_shuffle.ts';
import { at, opSpec, zeros } from './spec.ts';

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly r: number;
}

export const pixelShuffleSpec = opSpec<Case>({
  name: 'pixel_shuffle',
  cases: [
    { x: [1, 2, 3, 5], r: 1 },
    { x: [2, 5, 3, 12], r: 2 },
    { x: [1, 3, 2, 9], r: 3 },
    { x: [1, 8, 8, 32], r: 2 },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, { r }, { x }) => pixelShuffle(tape, x!, r),
  reference: ({ r }, { x }) => {
    const [n, h, w, channels] = x!.shape as [number, number, number, number];
    const y = zeros([n, h * r, w * r, channels / (r * r)]);
    for (let b = 0; b < n; b++)
      for (let iy = 0; iy < h; iy++)
        for (let ix = 0; ix < w; ix++)
          for (let k = 0; k < channels; k++) {
            const [c, ty, tx] = [Math.floor(k / (r * r)), Math.floor(k / r) % r, k % r];
            y.data[at(y.shape, b, iy * r + ty, ix * r + tx, c)] = x!.data[at(x!.shape, b, iy, ix, k)]!;
          }
    return y;
  },
  tolerance: { forward: 0, grad: 1e-6 },
  flops: () => 0,
});
