import { softmax } from '../../src/runtime/ops/softmax.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { opSpec, zeros } from './spec.ts';

interface Case {
  readonly x: Shape;
  readonly dim?: number;
  /** Standard deviation of the inputs: 100 overflows exp without the maximum. */
  readonly spread?: number;
}

export const softmaxSpec = opSpec<Case>({
  name: 'softmax',
  cases: [
    { x: [1] },
    { x: [7, 1] },
    { x: [2, 3, 5, 77] },
    { x: [3, 64], spread: 100 },
    { x: [2, 4, 5, 9], dim: 1 },
    { x: [2, 4, 5, 9], dim: 0 },
    { x: [2, 6, 8], dim: -2, spread: 100 },
  ],
  inputs: ({ x }) => ({ x }),
  fill: ({ spread = 1 }, _name, draw) => spread * draw(),
  run: (tape, { dim }, { x }) => softmax(tape, x!, dim),
  reference: ({ x: shape, dim = -1 }, { x }) => {
    const along = dim < 0 ? dim + shape.length : dim;
    const [len, inner] = [shape[along]!, product(shape.slice(along + 1))];
    const y = zeros(shape);
    for (let o = 0; o < y.data.length / len / inner; o++)
      for (let i = 0; i < inner; i++) {
        const index = (k: number) => (o * len + k) * inner + i;
        const line = Array.from({ length: len }, (_, k) => x!.data[index(k)]!);
        const most = Math.max(...line);
        const sum = line.reduce((s, v) => s + Math.exp(v - most), 0);
        for (const [k, v] of line.entries()) y.data[index(k)] = Math.exp(v - most) / sum;
      }
    return y;
  },
  tolerance: { forward: 2e-6, grad: 5e-6 },
  flops: ({ x }) => 5 * product(x),
});
