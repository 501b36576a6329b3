import { convTranspose2d } from '../../src/runtime/ops/conv_transpose2d.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { convExpected, convTransposeExpected } from '../reference/products.ts';
import type { BenchCase } from './bench_case.ts';
import { opCase } from './op_case.ts';

/** A convolution of pictures `edge` pixels wide, with a bias. */
interface Sizes {
  readonly name: string;
  readonly target: number | null;
  readonly edge: number;
  readonly cin: number;
  readonly cout: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly backward?: boolean;
}

function convolution({ edge, cin, cout, kernel, stride = 1, ...rest }: Sizes): BenchCase {
  const padding = (kernel - 1) / 2;
  return opCase({
    ...rest,
    build: (g) => {
      const w = g.weight('w', 'conv2d', [kernel, kernel, cin, cout]);
      const bias = g.weight('bias', 'bias', [cout]);
      return g.conv2d(g.input('x', [1, edge, edge, cin]), w, bias, { stride, padding });
    },
    run: (tape, { x, w, bias }) =>
      conv2d(tape, x!, w!, bias!, { stride: [stride, stride], padding: [padding, padding] }),
    reference: (values) => convExpected(values, { stride: [stride, stride], padding: [padding, padding] }),
  });
}

const up: BenchCase = opCase({
  name: 'conv transposed 256->128 64->128',
  target: 4,
  build: (g) => {
    const w = g.weight('w', 'conv_transpose2d', [3, 3, 128, 256]);
    return g.convTranspose2d(g.input('x', [1, 64, 64, 256]), w, g.weight('bias', 'bias', [128]), 1, 1);
  },
  run: (tape, { x, w, bias }) =>
    convTranspose2d(tape, x!, w!, bias!, { stride: [2, 2], padding: [1, 1], outputPadding: [1, 1] }),
  reference: convTransposeExpected,
});

const middle = { edge: 64, cin: 256, cout: 256, kernel: 3 };

export const convolutionCases: readonly BenchCase[] = [
  convolution({ name: 'conv 3x3 256 64x64', target: 3.5, ...middle }),
  convolution({ name: 'conv 3x3 256 64x64 with gradients', target: 4, ...middle, backward: true }),
  convolution({
    name: 'conv 3x3 stride 2 64->128 256x256',
    target: 4,
    edge: 256,
    cin: 64,
    cout: 128,
    kernel: 3,
    stride: 2,
  }),
  up,
  convolution({ name: 'conv 7x7 stem 3->64 256x256', target: null, edge: 256, cin: 3, cout: 64, kernel: 7 }),
  convolution({ name: 'conv 7x7 head 64->3 256x256', target: null, edge: 256, cin: 64, cout: 3, kernel: 7 }),
];
