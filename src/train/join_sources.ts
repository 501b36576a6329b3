import type { PairSource } from './loop.ts';

/** Several sources as one, in their order; every pair is as likely as any other. */
export function joinSources(sources: readonly PairSource[]): PairSource {
  return {
    count: sources.reduce((sum, { count }) => sum + count, 0),
    load(index) {
      let left = index;
      for (const source of sources) {
        if (left < source.count) return source.load(left);
        left -= source.count;
      }
      throw new RangeError(`there is no pair ${index}`);
    },
  };
}
