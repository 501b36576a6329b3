import { concat } from '../../src/runtime/ops/concat.ts';
import type { Axis } from '../../src/runtime/ops/slice.ts';
import { opSpec, type Values } from './spec.ts';

interface Case {
  /** Pictures, rows and channels of each part. */
  readonly parts: readonly (readonly [number, number, number])[];
  readonly axis: Axis;
}

const names = 'abcd';

function reference({ axis }: Case, parts: readonly Values[]): Values {
  const [n, h, c] = parts[0]!.shape as [number, number, number];
  const rows = axis === 'first' ? 1 : n * h;
  const row = (part: Values, r: number) => {
    const length = part.data.length / rows;
    return [...part.data.subarray(r * length, (r + 1) * length)];
  };
  const data = Array.from({ length: rows }, (_, r) => parts.flatMap((part) => row(part, r))).flat();
  const sum = (dimension: number) => parts.reduce((total, { shape }) => total + shape[dimension]!, 0);
  return {
    shape: axis === 'first' ? [sum(0), h, c] : [n, h, sum(2)],
    data: Float64Array.from(data),
  };
}

export const concatSpec = opSpec<Case>({
  name: 'concat',
  cases: [
    {
      parts: [
        [2, 5, 3],
        [2, 5, 4],
      ],
      axis: 'last',
    },
    {
      parts: [
        [2, 5, 3],
        [2, 5, 3],
      ],
      axis: 'last',
    },
    {
      parts: [
        [1, 6, 8],
        [1, 6, 5],
      ],
      axis: 'last',
    },
    {
      parts: [
        [1, 3, 1],
        [1, 3, 1],
        [1, 3, 6],
        [1, 3, 2],
      ],
      axis: 'last',
    },
    {
      parts: [
        [1, 5, 3],
        [2, 5, 3],
      ],
      axis: 'first',
    },
    {
      parts: [
        [1, 64, 16],
        [1, 64, 16],
      ],
      axis: 'last',
    },
  ],
  inputs: ({ parts }) => Object.fromEntries(parts.map((shape, i) => [names[i]!, shape])),
  run: (tape, { axis }, x) => concat(tape, Object.values(x), axis),
  reference: (c, x) => reference(c, Object.values(x)),
  tolerance: { forward: 0, grad: 1e-6 },
  flops: () => 0,
});
