import { type Axis, slice } from '../../src/runtime/ops/slice.ts';
import { opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly x: readonly [number, number, number];
  readonly start: number;
  readonly length: number;
  readonly axis: Axis;
}

function reference({ start, length, axis }: Case, x: Values): Values {
  const [n, h, c] = x.shape as [number, number, number];
  if (axis === 'first') {
    return { shape: [length, h, c], data: x.data.slice(start * h * c, (start + length) * h * c) };
  }
  const y = zeros([n, h, length]);
  for (let i = 0; i < y.data.length; i++)
    y.data[i] = x.data[Math.floor(i / length) * c + start + (i % length)]!;
  return y;
}

export const sliceSpec = opSpec<Case>({
  name: 'slice',
  cases: [
    { x: [2, 5, 7], start: 3, length: 4, axis: 'last' },
    { x: [2, 3, 12], start: 4, length: 6, axis: 'last' },
    { x: [1, 4, 5], start: 0, length: 5, axis: 'last' },
    { x: [3, 2, 9], start: 7, length: 1, axis: 'last' },
    { x: [5, 3, 6], start: 1, length: 3, axis: 'first' },
    { x: [2, 64, 16], start: 0, length: 1, axis: 'first' },
  ],
  inputs: ({ x }) => ({ x }),
  run: (tape, { start, length, axis }, { x }) => slice(tape, x!, start, length, axis),
  reference: (c, { x }) => reference(c, x!),
  tolerance: { forward: 0, grad: 1e-6 },
  flops: () => 0,
});
