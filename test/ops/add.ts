import { add } from '../../src/runtime/ops/add.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { at, opSpec, type Values, zeros } from './spec.ts';

/** Shapes of two inputs of which the second is repeated over the first. */
export interface PairCase {
  readonly a: Shape;
  readonly b: Shape;
}

/** f(a, b) element by element, b repeated; shapes aligned at the right. */
export function repeated(a: Values, b: Values, f: (a: number, b: number) => number): Values {
  const y = zeros(a.shape);
  const full = [...Array<number>(a.shape.length - b.shape.length).fill(1), ...b.shape];
  for (let i = 0; i < y.data.length; i++) {
    let rest = i;
    const index = a.shape.map(() => 0);
    for (let d = a.shape.length - 1; d >= 0; d--) {
      index[d] = full[d] === 1 ? 0 : rest % a.shape[d]!;
      rest = Math.floor(rest / a.shape[d]!);
    }
    y.data[i] = f(a.data[i]!, b.data[at(full, ...index)]!);
  }
  return y;
}

/** Every way in which b may be smaller. */
export const pairCases: readonly PairCase[] = [
  { a: [1], b: [1] },
  { a: [2, 5, 3, 7], b: [2, 5, 3, 7] },
  { a: [2, 9, 8, 6], b: [6] },
  { a: [3, 5, 4, 16], b: [1, 16] },
  { a: [2, 4, 3, 5], b: [2, 1, 1, 5] },
  { a: [2, 4, 3, 5], b: [4, 1, 5] },
  { a: [2, 4, 3, 5], b: [2, 1, 3, 1] },
  { a: [2, 70, 3], b: [2, 70, 1] },
  { a: [4, 3, 8], b: [1] },
  { a: [3, 66, 1], b: [1, 1] },
];

export const addSpec = opSpec<PairCase>({
  name: 'add',
  cases: pairCases,
  inputs: ({ a, b }) => ({ a, b }),
  run: (tape, _c, { a, b }) => add(tape, a!, b!),
  reference: (_c, { a, b }) => repeated(a!, b!, (p, q) => p + q),
  tolerance: { forward: 1e-6, grad: 1e-6 },
  flops: ({ a }) => product(a),
});
