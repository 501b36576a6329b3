import { Random } from '../random.ts';
import { mix } from './curves.ts';

/** A stream of random choices fixed by its seed. */
export interface Chance {
  /** Even between `low` and `high`. */
  between(low: number, high: number): number;
  /** True with probability `p`. */
  happens(p: number): boolean;
  pick<T>(list: readonly [T, ...T[]]): T;
}

/** The random choices of a seed. */
export function openChance(seed: number): Chance {
  const random = new Random(seed);
  return {
    between: (low, high) => mix(low, high, random.next()),
    happens: (p) => random.next() < p,
    pick: (list) => list[random.integer(list.length)] ?? list[0],
  };
}
