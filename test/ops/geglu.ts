import { geglu } from '../../src/runtime/ops/geglu.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { geluReference } from './activation.ts';
import { opSpec, zeros } from './spec.ts';

interface Case {
  readonly x: Shape;
}

export const gegluSpec = opSpec<Case>({
  name: 'geglu',
  cases: [{ x: [1, 2] }, { x: [2, 11, 24] }, { x: [7, 10] }, { x: [5, 12] }, { x: [3, 14] }, { x: [4, 130] }],
  inputs: ({ x }) => ({ x }),
  run: (tape, _c, { x }) => geglu(tape, x!),
  reference: ({ x: shape }, { x }) => {
    const width = shape.at(-1)!;
    const h = width / 2;
    const y = zeros([...shape.slice(0, -1), h]);
    for (let r = 0; r < y.data.length / h; r++)
      for (let i = 0; i < h; i++)
        y.data[r * h + i] = x!.data[r * width + i]! * geluReference(x!.data[r * width + h + i]!);
    return y;
  },
  tolerance: { forward: 1e-6, grad: 2e-6 },
  flops: ({ x }) => 15 * product(x),
});
