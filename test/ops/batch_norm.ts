import { batchNorm, batchNormApplied } from '../../src/runtime/ops/batch_norm.ts';
import { finish, type NormCase, normalize, normFill, normInputs, normOptions } from './instance_norm.ts';
import { opSpec, zeros } from './spec.ts';

interface Case extends NormCase {
  /** With given statistics. */
  readonly applied?: boolean;
}

export const batchNormSpec = opSpec<Case>({
  name: 'batch_norm',
  cases: [
    { x: [3, 5, 4, 6], affine: true },
    { x: [2, 3, 5, 7], affine: true, applied: true, activation: 'leaky_relu', slope: 0.2, offset: 3 },
    { x: [2, 6, 4, 4], applied: true, residual: true },
  ],
  inputs: normInputs,
  constants: ({ x, applied }, draw) => {
    if (!applied) return {};
    const [mean, variance] = [zeros(x.slice(-1)), zeros(x.slice(-1))];
    for (let i = 0; i < mean.data.length; i++) {
      mean.data[i] = Math.fround(draw());
      variance.data[i] = Math.fround(0.2 + draw() ** 2);
    }
    return { mean, variance };
  },
  fill: normFill,
  run: (tape, c, tensors) => {
    const { x, mean, variance } = tensors;
    const { affine, options } = normOptions(c, tensors);
    return mean && variance
      ? batchNormApplied(tape, x!, { mean, variance }, affine, options)
      : batchNorm(tape, x!, affine, options);
  },
  reference: (c, values) => {
    const { x, mean, variance } = values;
    if (!mean || !variance) return finish(c, normalize(x!, 1, 1, 1e-5), values);
    const channels = x!.shape.at(-1)!;
    const data = x!.data.map(
      (v, i) => (v - mean.data[i % channels]!) / Math.sqrt(variance.data[i % channels]! + 1e-5),
    );
    return finish(c, { shape: x!.shape, data }, values);
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x, applied }) => (applied ? 6 : 13) * x.reduce((a, b) => a * b, 1),
});
