import { attention } from '../../src/runtime/ops/attention.ts';
import { attentionExpected } from '../reference/attention.ts';
import type { BenchCase } from './bench_case.ts';
import { opCase } from './op_case.ts';

const HEADS = 4;
const SIZE = 64;

function attend(name: string, target: number | null, keys: number, backward = false): BenchCase {
  return opCase({
    name,
    target,
    backward,
    build: (g) => {
      const tokens = (key: string, l: number) => g.input(key, [1, l, HEADS * SIZE]);
      return g.attention(tokens('q', 1024), tokens('k', keys), tokens('v', keys), HEADS);
    },
    run: (tape, { q, k, v }) => attention(tape, q!, k!, v!, { heads: HEADS }),
    reference: (values) => attentionExpected(values, HEADS),
  });
}

/** Heads lie interleaved, as a projection leaves them; who wants them apart moves them within the time. */
export const attentionCases: readonly BenchCase[] = [
  attend('attention 4x1024x64', 1.5, 1024),
  attend('attention 4x1024x64 with gradients', 3, 1024, true),
  attend('cross attention 4x1024x64 to 77', null, 77),
];
