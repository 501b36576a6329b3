import type { Picture } from '../../model/picture.ts';

/** Pictures of one pair, by what was done to the input. */
export interface Judged {
  readonly input: Picture;
  readonly base: Picture;
  readonly edited: Picture;
  readonly target: Picture;
}

/** What is compared with the targets, and how reports call it. */
export const CANDIDATES = {
  input: 'untouched input',
  base: 'base alone',
  edited: 'base with adapters',
} as const;
export type Candidate = keyof typeof CANDIDATES;

/** One value for each candidate that takes part. */
export type ByCandidate<T> = Readonly<Partial<Record<Candidate, T>>>;

/** Makes one value for each candidate. */
export function byCandidate<T>(
  candidates: readonly Candidate[],
  make: (candidate: Candidate) => T,
): ByCandidate<T> {
  return Object.fromEntries(candidates.map((name) => [name, make(name)]));
}
