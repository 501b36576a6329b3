import { mean, sum } from '../../src/runtime/ops/reduce.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { opSpec, type Values, zeros } from './spec.ts';

interface Case {
  readonly x: Shape;
  readonly to: Shape;
}

function sumReference(x: Values, to: Shape): Values {
  const y = zeros(to);
  const full = [...Array<number>(x.shape.length - to.length).fill(1), ...to];
  for (let i = 0; i < x.data.length; i++) {
    let [rest, offset, step] = [i, 0, 1];
    for (let d = full.length - 1; d >= 0; d--) {
      if (full[d] !== 1) offset += (rest % x.shape[d]!) * step;
      rest = Math.floor(rest / x.shape[d]!);
      step *= full[d]!;
    }
    y.data[offset]! += x.data[i]!;
  }
  return y;
}

const cases: readonly Case[] = [
  { x: [1], to: [1] },
  { x: [2, 3, 5, 7], to: [1] },
  { x: [1, 36, 30, 13], to: [1] },
  { x: [2, 9, 8, 6], to: [6] },
  { x: [2, 9, 15, 5], to: [2, 1, 1, 5] },
  { x: [3, 4, 5, 6], to: [1, 4, 1, 6] },
  { x: [3, 4, 5, 6], to: [3, 4, 5, 1] },
  { x: [3, 4, 5, 6], to: [3, 1, 1, 1] },
  { x: [1, 1, 5], to: [5] },
];

const shared = {
  cases,
  inputs: ({ x }: Case) => ({ x }),
  tolerance: { forward: 2e-6, grad: 1e-6 },
  flops: ({ x }: Case) => product(x),
};

export const sumSpec = opSpec<Case>({
  ...shared,
  name: 'sum',
  run: (tape, { to }, { x }) => sum(tape, x!, to),
  reference: ({ to }, { x }) => sumReference(x!, to),
});

export const meanSpec = opSpec<Case>({
  ...shared,
  name: 'mean',
  run: (tape, { to }, { x }) => mean(tape, x!, to),
  reference: ({ to }, { x }) => {
    const y = sumReference(x!, to);
    return { shape: to, data: y.data.map((v) => (v * product(to)) / x!.data.length) };
  },
});
