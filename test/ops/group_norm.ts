import { groupNorm } from '../../src/runtime/ops/group_norm.ts';
import { finish, type NormCase, normalize, normFill, normInputs, normOptions } from './instance_norm.ts';
import { opSpec } from './spec.ts';

interface Case extends NormCase {
  readonly groups: number;
}

export const groupNormSpec = opSpec<Case>({
  name: 'group_norm',
  cases: [
    { x: [1, 1, 1, 6], groups: 2 },
    { x: [2, 7, 9, 32], groups: 8, affine: true },
    { x: [2, 3, 4, 10], groups: 2, affine: true, activation: 'relu', residual: true, offset: 100 },
  ],
  inputs: normInputs,
  fill: normFill,
  run: (tape, c, tensors) => {
    const { affine, options } = normOptions(c, tensors);
    return groupNorm(tape, tensors.x!, c.groups, affine, options);
  },
  reference: (c, values) =>
    finish(c, normalize(values.x!, c.x[0]!, c.x.at(-1)! / c.groups, c.eps ?? 1e-5), values),
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x }) => 13 * x.reduce((a, b) => a * b, 1),
});
