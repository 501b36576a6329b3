import { attentionCases } from './attention.ts';
import type { BenchCase } from './bench_case.ts';
import { convolutionCases } from './convolution.ts';
import { instanceNormCases } from './instance_norm.ts';
import { matmulCases } from './matmul.ts';
import { networkCases } from './networks.ts';
import { trainingCases } from './training.ts';

/** All cases in the order in which they run. @param edges - picture sizes of the generator */
export const benchCases = (edges: readonly number[]): readonly BenchCase[] => [
  ...matmulCases,
  ...convolutionCases,
  ...instanceNormCases,
  ...attentionCases,
  ...networkCases(edges),
  ...trainingCases(),
];
