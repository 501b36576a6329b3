import type { PairSource } from './loop.ts';

/** The pairs of a source at these indices, in their order. */
export function subsetSource(source: PairSource, indices: readonly number[]): PairSource {
  return { count: indices.length, load: (index) => source.load(indices[index]!) };
}
