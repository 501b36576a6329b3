import { type PaddingMode, type Pads, pad2d } from '../../src/runtime/ops/pad2d.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly x: readonly [number, number, number, number];
  readonly pads: Pads;
  readonly mode: PaddingMode;
}

// The coordinate that stands at i; null for a zero.
function source(i: number, size: number, mode: PaddingMode): number | null {
  if (i >= 0 && i < size) return i;
  if (mode === 'zeros') return null;
  if (mode === 'replicate') return i < 0 ? 0 : size - 1;
  if (mode === 'circular') return (i + size) % size;
  return i < 0 ? -i : 2 * (size - 1) - i;
}

export function pad2dReference(x: Values, [left, right, top, bottom]: Pads, mode: PaddingMode): Values {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const y = zeros([n, top + h + bottom, left + w + right, c]);
  const [, oh, ow] = y.shape as [number, number, number];
  for (let b = 0; b < n; b++)
    for (let oy = 0; oy < oh; oy++)
      for (let ox = 0; ox < ow; ox++) {
        const [iy, ix] = [source(oy - top, h, mode), source(ox - left, w, mode)];
        if (iy === null || ix === null) continue;
        for (let i = 0; i < c; i++) y.data[at(y.shape, b, oy, ox, i)] = x.data[at(x.shape, b, iy, ix, i)]!;
      }
  return y;
}

export const pad2dSpec = opSpec<Case>({
  name: 'pad2d',
  cases: [
    { x: [2, 7, 6, 3], pads: [3, 1, 2, 4], mode: 'zeros' },
    { x: [2, 7, 6, 3], pads: [3, 1, 2, 4], mode: 'reflect' },
    { x: [1, 4, 2, 4], pads: [1, 1, 3, 3], mode: 'reflect' },
    { x: [1, 1, 5, 1], pads: [4, 0, 0, 0], mode: 'reflect' },
    { x: [1, 3, 2, 5], pads: [0, 7, 4, 1], mode: 'replicate' },
    { x: [2, 1, 1, 4], pads: [2, 1, 0, 3], mode: 'replicate' },
    { x: [1, 3, 4, 6], pads: [4, 4, 3, 0], mode: 'circular' },
    { x: [1, 16, 16, 8], pads: [3, 3, 3, 3], mode: 'reflect' },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, { pads, mode }, { x }) => pad2d(tape, x!, pads, mode),
  reference: ({ pads, mode }, { x }) => pad2dReference(x!, pads, mode),
  tolerance: { forward: 0, grad: 1e-6 },
  flops: () => 0,
});
