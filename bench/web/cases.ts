import type { BenchCase } from '../cases/bench_case.ts';
import { matmulCases } from '../cases/matmul.ts';
import { generatorCase } from '../cases/networks.ts';

/** A case of the page, with how far float32 results of different sums may lie apart. */
export interface WebCase {
  readonly benchCase: BenchCase;
  /** As a share of the expected values' root mean square. */
  readonly tolerance: number;
}

const ONE_PRODUCT = 1e-4;
// Two dozen layers, each with sums in another order, and norms between them.
const NETWORK = 1e-3;

/** What the page times. @param edge - picture size of the paper generator */
export function webCases(edge: number): readonly WebCase[] {
  const product = matmulCases.filter(({ name }) => name === 'matmul 512');
  return [
    ...product.map((benchCase) => ({ benchCase, tolerance: ONE_PRODUCT })),
    { benchCase: generatorCase(edge), tolerance: NETWORK },
  ];
}
