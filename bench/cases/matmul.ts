import { matmul } from '../../src/runtime/ops/matmul.ts';
import { matmulExpected } from '../reference/products.ts';
import type { BenchCase } from './bench_case.ts';
import { opCase } from './op_case.ts';

const square = (n: number): BenchCase =>
  opCase({
    name: `matmul ${n}`,
    target: 2.5,
    build: (g) => g.matmul(g.input('a', [n, n]), g.weight('b', 'linear', [n, n])),
    run: (tape, { a, b }) => matmul(tape, a!, b!),
    reference: matmulExpected,
  });

export const matmulCases: readonly BenchCase[] = [square(512), square(1024)];
