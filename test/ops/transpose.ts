import { transpose } from '../../src/runtime/ops/transpose.ts';
import { at, opSpec, zeros } from './spec.ts';

interface Case {
  readonly x: readonly [number, number, number];
}

export const transposeSpec = opSpec<Case>({
  name: 'transpose',
  cases: [{ x: [1, 1, 1] }, { x: [3, 5, 7] }, { x: [2, 8, 4] }, { x: [9, 3, 16] }],
  inputs: ({ x }) => ({ x }),
  run: (tape, _, { x }) => transpose(tape, x!),
  reference: (_, { x }) => {
    const [t, rows, cols] = x!.shape as [number, number, number];
    const y = zeros([t, cols, rows]);
    for (let b = 0; b < t; b++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++) y.data[at(y.shape, b, j, i)] = x!.data[at(x!.shape, b, i, j)]!;
    return y;
  },
  tolerance: { forward: 0, grad: 1e-6 },
  flops: () => 0,
});
