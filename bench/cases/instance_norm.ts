import { instanceNorm } from '../../src/runtime/ops/instance_norm.ts';
import { instanceNormExpected } from '../reference/instance_norm.ts';
import type { BenchCase } from './bench_case.ts';
import { opCase } from './op_case.ts';

export const instanceNormCases: readonly BenchCase[] = [
  opCase({
    name: 'instance norm 256 64x64',
    target: 2,
    build: (g) => g.instanceNorm(g.input('x', [1, 64, 64, 256])),
    run: (tape, { x }) => instanceNorm(tape, x!, null),
    reference: instanceNormExpected,
  }),
];
