import { packImage, unpackImage } from '../../src/runtime/ops/image.ts';
import { opSpec } from './spec.ts';

interface Case {
  readonly x: readonly [number, number, number, 3];
}

/** There and back: what a canvas would show of x, as the networks would see it. */
export const imageSpec = opSpec<Case>({
  name: 'image',
  cases: [{ x: [1, 1, 1, 3] }, { x: [1, 5, 7, 3] }, { x: [2, 16, 8, 3] }],
  inputs: ({ x }) => ({ x }),
  run: (_, { x: [n, h, w] }, { x }) => unpackImage(packImage(x!), [n, h, w]),
  reference: (_, { x }) => ({
    shape: x!.shape,
    data: x!.data.map((v) => Math.floor(Math.min(255, Math.max(0, (v + 1) * 127.5)) + 0.5) / 127.5 - 1),
  }),
  tolerance: { forward: 1e-6, grad: null },
  flops: ({ x }) => 12 * x[0] * x[1] * x[2],
});
