import { linear, matmul } from '../../src/runtime/ops/matmul.ts';
import { opSpec, type Values, zeros } from './spec.ts';

interface MatmulCase {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** op(a) op(b) by plain loops over `[batch, m, k]` and `[batch, k, n]`. */
export function matmulReference(
  { batch, m, n, k, transA, transB }: MatmulCase,
  a: Values,
  b: Values,
): Values {
  const y = zeros([batch, m, n]);
  for (let z = 0; z < batch; z++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++)
        for (let l = 0; l < k; l++) {
          const ai = z * m * k + (transA ? l * m + i : i * k + l);
          const bi = z * k * n + (transB ? j * k + l : l * n + j);
          y.data[(z * m + i) * n + j]! += a.data[ai]! * b.data[bi]!;
        }
  return y;
}

export const matmulSpec = opSpec<MatmulCase>({
  name: 'matmul',
  cases: [
    { batch: 1, m: 1, n: 1, k: 1 },
    { batch: 1, m: 37, n: 41, k: 53 },
    { batch: 1, m: 31, n: 7, k: 65, transA: true },
    { batch: 1, m: 17, n: 9, k: 5, transB: true },
    { batch: 3, m: 8, n: 32, k: 12, transA: true, transB: true },
    { batch: 2, m: 65, n: 33, k: 16 },
  ],
  inputs: ({ batch, m, n, k, transA, transB }) => ({
    a: transA ? [batch, k, m] : [batch, m, k],
    b: transB ? [batch, n, k] : [batch, k, n],
  }),
  run: (tape, { transA = false, transB = false }, { a, b }) => matmul(tape, a!, b!, { transA, transB }),
  reference: (c, { a, b }) => matmulReference(c, a!, b!),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ batch, m, n, k }) => 2 * batch * m * n * k,
});

interface LinearCase {
  readonly rows: readonly number[];
  readonly in: number;
  readonly out: number;
  readonly bias?: boolean;
  readonly residual?: boolean;
}

export const linearSpec = opSpec<LinearCase>({
  name: 'linear',
  cases: [
    { rows: [1], in: 1, out: 1 },
    { rows: [7], in: 33, out: 17, bias: true },
    { rows: [2, 5], in: 6, out: 10, bias: true, residual: true },
    { rows: [1, 77], in: 24, out: 64, residual: true },
  ],
  inputs: ({ rows, in: i, out: o, bias, residual }) => ({
    x: [...rows, i],
    w: [i, o],
    ...(bias ? { bias: [o] } : {}),
    ...(residual ? { residual: [...rows, o] } : {}),
  }),
  run: (tape, _, { x, w, bias, residual }) => linear(tape, x!, w!, bias ?? null, residual ?? null),
  reference: ({ rows, in: k, out: n }, { x, w, bias, residual }) => {
    const m = rows.reduce((a, b) => a * b, 1);
    const y = matmulReference({ batch: 1, m, n, k }, x!, w!);
    const data = y.data.map((v, i) => v + (bias?.data[i % n] ?? 0) + (residual?.data[i] ?? 0));
    return { shape: [...rows, n], data };
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ rows, in: k, out: n }) => 2 * rows.reduce((a, b) => a * b, 1) * k * n,
});
