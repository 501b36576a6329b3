import { rmsNorm } from '../../src/runtime/ops/rms_norm.ts';
import { opSpec, zeros } from './spec.ts';

interface Case {
  readonly x: readonly number[];
  readonly weight?: boolean;
  readonly eps?: number;
}

export const rmsNormSpec = opSpec<Case>({
  name: 'rms_norm',
  cases: [{ x: [3, 2] }, { x: [2, 7, 96], weight: true }, { x: [35, 10], weight: true, eps: 1e-2 }],
  inputs: ({ x, weight }) => ({ x, ...(weight ? { weight: x.slice(-1) } : {}) }),
  run: (tape, c, { x, weight }) => rmsNorm(tape, x!, weight ?? null, c),
  reference: ({ eps = 1e-6 }, { x, weight }) => {
    const c = x!.shape.at(-1)!;
    const y = zeros(x!.shape);
    for (let first = 0; first < y.data.length; first += c) {
      const row = x!.data.subarray(first, first + c);
      const root = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / c + eps);
      for (let i = 0; i < c; i++) y.data[first + i] = (row[i]! / root) * (weight?.data[i] ?? 1);
    }
    return y;
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x }) => 5 * x.reduce((a, b) => a * b, 1),
});
