import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/** All of a Random, as JSON can hold it. */
export type RandomState = {
  /** The seed with the labels of the forks that led here. */
  readonly seed: string;
  /** Four 32-bit words of xoroshiro128+. */
  readonly words: readonly number[];
};

/**
 * Random numbers from a seed: the same on every machine and engine, since only operations that IEEE 754 rounds exactly
 * are used (neither `Math.log` nor `Math.cos`).
 */
export class Random {
  readonly #seed: string;
  readonly #generator: ReturnType<typeof xoroshiro128plusFromState>;

  /**
   * @param seed any text or number; equal spellings give equal numbers
   * @param words for `restore`
   */
  constructor(seed: number | string, words: readonly number[] = seedWords(String(seed))) {
    this.#seed = String(seed);
    this.#generator = xoroshiro128plusFromState(words);
  }

  /** A Random that goes on where another's `state` was taken. Throws RangeError for anything else. */
  static restore(state: unknown): Random {
    const { seed, words } = (state ?? {}) as Partial<RandomState>;
    const isState = typeof seed === 'string' && Array.isArray(words) && words.length === 4;
    if (!isState || !words.every((word) => word === (word | 0)) || words.every((word) => word === 0)) {
      throw new RangeError('not the state of a random number generator');
    }
    return new Random(seed, words);
  }

  get state(): RandomState {
    return { seed: this.#seed, words: this.#generator.getState() };
  }

  /**
   * Another Random for a part of the work, such as `epoch 3`. It depends on the seed and the labels alone, not on how
   * many numbers were drawn, so work can be added or resumed anywhere without changing the rest.
   */
  fork(label: string): Random {
    return new Random(`${this.#seed}/${label}`);
  }

  /** Uniform in [0, 1), a multiple of 2^-53. */
  next(): number {
    return uniformFloat64(this.#generator);
  }

  /** Uniform among 0 … n - 1, for a whole n from 1 to 2^53 - 1. */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`integer(n) needs a whole n above 0, not ${n}`);
    return uniformInt(this.#generator, 0, n - 1);
  }

  /**
   * From the normal distribution with mean 0 and standard deviation 1, right to the 2^-24 of its coins.
   *
   * @see C. F. F. Karney, Sampling exactly from the normal distribution, ACM TOMS 42 (2016), algorithm N
   */
  normal(): number {
    for (;;) {
      let k = 0;
      while (this.#chance(0.5, 1)) k++;
      if (!this.#chance(0.5, k * (k - 1))) continue;
      const x = this.next();
      if (!this.#chance((x * (2 * k + x)) / (2 * k + 2), k + 1)) continue;
      return this.integer(2) === 0 ? k + x : -(k + x);
    }
  }

  /** Puts the items in random order, in place, and returns them. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  }

  /** True with probability exp(-p times), 0 <= p <= 1: a run p > u1 > u2 > … has even length so often (von Neumann). */
  #chance(p: number, times: number): boolean {
    for (let i = 0; i < times; i++) {
      let isEven = true;
      let last = p;
      for (let u = this.#coin(); u < last; u = this.#coin()) {
        last = u;
        isEven = !isEven;
      }
      if (!isEven) return false;
    }
    return true;
  }

  #coin(): number {
    return uniformFloat32(this.#generator);
  }
}

/** Four well mixed words from a text: FNV-1a from four starts, each ended by MurmurHash3's finaliser. */
function seedWords(text: string): number[] {
  return [1, 2, 3, 4].map((start) => {
    let hash = Math.imul(start, 0x9e3779b1);
    for (const unit of text) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return hash ^ (hash >>> 16);
  });
}
