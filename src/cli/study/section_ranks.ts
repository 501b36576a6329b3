import { e2ganNetwork } from '../../model/generator_network.ts';
import { adapterWeights, rankGroups } from '../../train/method/rank_groups.ts';
import { evenRanks, layerRanks, type RankTrial } from '../../train/method/rank_search.ts';
import { digits } from '../trials/mean.ts';
import { controlRanks, type GroupRanks, type RankBench, searchOn } from '../trials/rank_trials.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import { startOf } from '../trials/trial_options.ts';
import { studyBase } from './bases.ts';
import { claimOf, SCORE_COLUMNS, scoreCells } from './compare.ts';
import { adaptersOf, commonOf } from './methods.ts';
import { type Section, type Study, section } from './study.ts';

// A doubling has to win one in a hundred.
const SEARCH = { first: 1, largest: 16, tolerance: 0.01 } as const;

const ranksText = (ranks: GroupRanks): string =>
  [...ranks].map(([group, rank]) => `${group} ${rank}`).join(', ');

/** The search's bench: proxies instead of targets, the first seed's clustered base. */
async function rankBench(study: Study): Promise<RankBench> {
  const seed = study.seeds[0]!;
  const base = await studyBase(study, 'clustered', seed);
  return {
    bench: study.bench,
    config: study.generator,
    groups: rankGroups(study.generator),
    concepts: study.proxies,
    seeds: [seed],
    measure: study.measure,
    common: {
      ...commonOf(study, startOf(base.model), true),
      network: e2ganNetwork(study.generator),
      steps: study.steps.search,
    },
  };
}

/** What the search saw and the targets are not: other concepts, fewer steps, one seed. */
function apart({ measure, proxies, steps, seeds }: Study, trials: readonly RankTrial[]): string {
  const kept = trials.filter((trial) => trial.kept);
  const on = `${proxies.map(({ concept }) => concept).join(' and ')}, ${steps.search} steps, seed ${seeds[0]}`;
  return `The search bettered the ${measure} from ${digits(kept[0]!.score)} to ${digits(kept.at(-1)!.score)} on other concepts than these (${on}); here adapters had ${steps.tune} steps.`;
}

/** Ranks searched on proxies, then compared on the targets with 1x, 4x and random ones. */
export async function ranksSection(study: Study): Promise<Section> {
  const rank = await rankBench(study);
  const { trials, found } = await searchOn(rank, SEARCH);
  const { groups, config } = rank;
  const schemes = [
    ['searched', found],
    ['1x', evenRanks(groups, 1)],
    ['4x', evenRanks(groups, 4)],
    ['random', controlRanks(rank, found, study.seeds[0]!)],
  ] as const;
  const results = new Map<string, TrialResult[]>();
  for (const [name, ranks] of schemes) {
    const own: TrialResult[] = [];
    for (const seed of study.seeds) {
      const base = await studyBase(study, 'clustered', seed);
      own.push(
        ...(await adaptersOf(study, base, seed, { id: `ranks-${name}`, ranks: layerRanks(groups, ranks) })),
      );
    }
    results.set(name, own);
  }
  const claim = (name: string, text: string) =>
    claimOf({
      claim: `searched ranks are at least as good as ${text}`,
      measure: study.measure,
      ours: results.get('searched')!,
      other: results.get(name)!,
      apart: () => apart(study, trials),
    });
  return section({
    title: 'Ranks',
    text: [
      `Ranks were searched by doubling on ${study.proxies.map(({ concept }) => concept).join(' and ')}, ${study.steps.search} steps a trial; a doubling stays where it betters the ${study.measure} by ${100 * SEARCH.tolerance} %. Found: ${ranksText(found)}.`,
    ],
    tables: [
      {
        title: 'The search',
        columns: ['tried', study.measure, 'ranks', 'kept'],
        rows: trials.map(({ ranks, score, doubled, kept }) => [
          doubled === null ? 'to begin with' : `${doubled} doubled`,
          score.toPrecision(4),
          ranksText(ranks),
          kept ? 'yes' : 'no',
        ]),
      },
      {
        title: 'On the targets',
        columns: ['scheme', 'weights', 'ranks', ...SCORE_COLUMNS],
        rows: schemes.map(([name, ranks]) => [
          name,
          adapterWeights(config, layerRanks(groups, ranks)),
          ranksText(ranks),
          ...scoreCells(results.get(name)!),
        ]),
      },
    ],
    claims: [claim('1x', 'rank 1 everywhere'), claim('random', 'random ranks of equal size')],
  });
}
