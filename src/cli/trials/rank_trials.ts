import type { GeneratorConfig } from '../../model/generator_spec.ts';
import { adapterWeights, weightsPerRank } from '../../train/method/rank_groups.ts';
import {
  evenRanks,
  foundRanks,
  layerRanks,
  type RankGroups,
  type RankTrial,
  randomRanks,
  searchRanks,
} from '../../train/method/rank_search.ts';
import { Random } from '../../train/random.ts';
import { type Measure, measured } from './judge.ts';
import { type Mean, meanOf } from './mean.ts';
import { runTrial, type Trial, type TrialBench } from './trial.ts';

/** Ranks of groups, by the group's name. */
export type GroupRanks = ReadonlyMap<string, number>;

/** What adapters of some ranks come to. */
export interface RanksScore {
  readonly ranks: GroupRanks;
  readonly weights: number;
  readonly score: Mean;
}

/** Concepts, seeds and settings that all ranks are compared with. */
export interface RankBench {
  readonly bench: TrialBench;
  readonly config: GeneratorConfig;
  readonly groups: RankGroups;
  readonly concepts: readonly Trial['pairs'][];
  readonly seeds: readonly number[];
  readonly measure: Measure;
  readonly common: Omit<Trial, 'name' | 'pairs' | 'seed' | 'ranks' | 'frozen'>;
}

const LARGEST_RANDOM = 16;

/** `up8-us4`: ranks as a part of a folder's name. */
const ranksName = (ranks: GroupRanks): string =>
  [...ranks]
    .map(([group, rank]) => `${group}${rank}`)
    .join('-')
    .toLowerCase();

/** Trains adapters of these ranks on all concepts with all seeds. */
export async function scoreRanks(rank: RankBench, ranks: GroupRanks): Promise<RanksScore> {
  const { bench, config, groups, concepts, seeds, measure, common } = rank;
  const layers = layerRanks(groups, ranks);
  const values: number[] = [];
  for (const pairs of concepts)
    for (const seed of seeds) {
      const name = `${ranksName(ranks)}-${pairs.concept.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${seed}`;
      const { score } = await runTrial(bench, { ...common, name, pairs, seed, ranks: layers });
      values.push(measured(score, measure));
    }
  return { ranks, weights: adapterWeights(config, layers), score: meanOf(values) };
}

/** Searches on the first seed alone; `onTrial` hears of each set of ranks that was tried. */
export async function searchOn(
  rank: RankBench,
  options: { readonly first: number; readonly largest: number; readonly tolerance: number },
): Promise<{ trials: RankTrial[]; found: GroupRanks }> {
  const quick = { ...rank, seeds: rank.seeds.slice(0, 1) };
  const trials = await searchRanks(
    { groups: rank.groups, ...options },
    async (ranks) => (await scoreRanks(quick, ranks)).score.mean,
  );
  return { trials, found: foundRanks(trials) };
}

/** Random ranks of about as many weights as the found ones. */
export function controlRanks({ config, groups }: RankBench, found: GroupRanks, seed: number): GroupRanks {
  const size = adapterWeights(config, layerRanks(groups, found));
  const random = new Random(seed).fork('ranks');
  return randomRanks(weightsPerRank(config, groups), size, LARGEST_RANDOM, random, found);
}

/** The found ranks beside 1x, 4x and random ones of about equal size, each with all seeds. */
export async function compareRanks(
  rank: RankBench,
  found: GroupRanks,
  seed: number,
): Promise<Map<string, RanksScore>> {
  const schemes = [
    ['searched', found],
    ['1x', evenRanks(rank.groups, 1)],
    ['4x', evenRanks(rank.groups, 4)],
    ['random', controlRanks(rank, found, seed)],
  ] as const;
  const scores = new Map<string, RanksScore>();
  for (const [name, ranks] of schemes) scores.set(name, await scoreRanks(rank, ranks));
  return scores;
}
