import type { Ranks } from '../../model/lora.ts';
import type { Random } from '../random.ts';

/** Layers that share one rank, by the group's name, in the order in which the search tries them. */
export type RankGroups = ReadonlyMap<string, readonly string[]>;

/** Bounds of a search. */
export interface RankSearchOptions {
  readonly groups: RankGroups;
  readonly first: number;
  readonly largest: number;
  /** A doubling is kept where it betters the score by this share of it. */
  readonly tolerance: number;
}

/** One set of ranks that was tried, and what it came to; the lower the score, the better. */
export interface RankTrial {
  /** Rank of each group. */
  readonly ranks: ReadonlyMap<string, number>;
  readonly score: number;
  /** The group whose doubling was tried; null for the ranks to begin with. */
  readonly doubled: string | null;
  readonly kept: boolean;
}

/** Ranks of layers from ranks of groups; a group without a rank, or of 0, is left out. */
export function layerRanks(groups: RankGroups, ranks: ReadonlyMap<string, number>): Ranks {
  const layers = [...groups].flatMap(([group, paths]) => {
    const rank = ranks.get(group) ?? 0;
    return rank > 0 ? paths.map((path) => [path, rank] as const) : [];
  });
  return new Map(layers);
}

/** The same rank for all groups. */
export const evenRanks = (groups: RankGroups, rank: number): Map<string, number> =>
  new Map([...groups.keys()].map((group) => [group, rank]));

/**
 * Searches ranks by doubling: all groups begin with the first rank; round after round each group's rank is doubled where
 * that betters the score by the tolerance, and a group whose doubling does not is left alone from then on.
 *
 * @param evaluate - the score of ranks of groups, such as a mean FID over proxy concepts; called once for each trial
 * @returns all trials in order; the last one kept is the result
 * @see Gong et al. 2024 (E2GAN), rank search; the order and the stop are ours, as the paper's text was not at hand
 */
export async function searchRanks(
  { groups, first, largest, tolerance }: RankSearchOptions,
  evaluate: (ranks: ReadonlyMap<string, number>) => Promise<number>,
): Promise<RankTrial[]> {
  let ranks: ReadonlyMap<string, number> = evenRanks(groups, first);
  let best = await evaluate(ranks);
  const trials: RankTrial[] = [{ ranks, score: best, doubled: null, kept: true }];
  let active = [...groups.keys()];
  while (active.length) {
    const next: string[] = [];
    for (const group of active) {
      const doubled = 2 * ranks.get(group)!;
      if (doubled > largest) continue;
      const tried = new Map([...ranks, [group, doubled]]);
      const score = await evaluate(tried);
      // The size counts too: a score of below 0 (kernel distances) must not turn the sign of what is asked for.
      const kept = best - score >= tolerance * Math.abs(best);
      trials.push({ ranks: tried, score, doubled: group, kept });
      if (!kept) continue;
      ranks = tried;
      best = score;
      next.push(group);
    }
    active = next;
  }
  return trials;
}

/** The ranks that a search came to. */
export const foundRanks = (trials: readonly RankTrial[]): ReadonlyMap<string, number> =>
  trials.findLast(({ kept }) => kept)!.ranks;

/**
 * Random ranks of about the same number of weights: a control for a search. Each draw gives every group a power of two; the
 * nearest in size of 1000 draws that differ from `unlike` is taken.
 *
 * @param weightsPerRank - weights that one rank of a group takes
 */
export function randomRanks(
  weightsPerRank: ReadonlyMap<string, number>,
  size: number,
  largest: number,
  random: Random,
  unlike: ReadonlyMap<string, number>,
): Map<string, number> {
  const choices = Math.floor(Math.log2(largest)) + 1;
  let best: { ranks: Map<string, number>; distance: number } | null = null;
  for (let draw = 0; draw < 1000; draw++) {
    const ranks = new Map([...weightsPerRank.keys()].map((g) => [g, 2 ** random.integer(choices)]));
    if ([...ranks].every(([group, rank]) => rank === unlike.get(group))) continue;
    const total = [...ranks].reduce((sum, [group, rank]) => sum + rank * weightsPerRank.get(group)!, 0);
    const distance = Math.abs(Math.log(total / size));
    if (!best || distance < best.distance) best = { ranks, distance };
  }
  if (!best) throw new RangeError('there is only one set of ranks to draw');
  return best.ranks;
}
