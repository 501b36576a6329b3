import { layerNorm } from '../../src/runtime/ops/layer_norm.ts';
import { finish, type NormCase, normalize, normFill, normInputs, normOptions } from './instance_norm.ts';
import { opSpec } from './spec.ts';

export const layerNormSpec = opSpec<NormCase>({
  name: 'layer_norm',
  cases: [
    { x: [5, 3] },
    { x: [2, 9, 64], affine: true },
    { x: [3, 30], affine: true, eps: 1e-3, offset: 1e3 },
    { x: [130, 16], affine: true },
  ],
  inputs: normInputs,
  fill: normFill,
  run: (tape, c, tensors) => layerNorm(tape, tensors.x!, normOptions(c, tensors).affine, c),
  // Every row is a picture of one pixel in one group.
  reference: (c, values) => {
    const width = c.x.at(-1)!;
    return finish(c, normalize(values.x!, values.x!.data.length / width, width, c.eps ?? 1e-5), values);
  },
  tolerance: { forward: 1e-5, grad: 1e-5 },
  flops: ({ x }) => 10 * x.reduce((a, b) => a * b, 1),
});
