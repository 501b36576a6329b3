import { choiceText } from '../features.ts';
import { pickPairs } from '../pick.ts';
import { meanBy } from '../trials/judge.ts';
import { digits } from '../trials/mean.ts';
import type { ConceptPairs } from '../trials/trial.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import { studyBase } from './bases.ts';
import { claimOf, SCORE_COLUMNS, scoreCells } from './compare.ts';
import { adaptersOf } from './methods.ts';
import { type Section, type Study, section } from './study.ts';

/** The targets with fewer pairs to learn from. */
async function reduced(study: Study, pick: 'cluster' | 'random', seed: number): Promise<ConceptPairs[]> {
  const { pairs, features, targets } = study;
  const picked: ConceptPairs[] = [];
  for (const target of targets) {
    const { source } = await pickPairs(target.source, { pairs, pick, features }, seed);
    picked.push({ ...target, source, picked: `${pick}, seed ${seed}` });
  }
  return picked;
}

type ByPick = Readonly<Record<'cluster' | 'random' | 'all', TrialResult[]>>;

/** How much the choice of pairs can matter: what all of them give, and what clusters were found by. */
function apart({ measure, features }: Study, { cluster, all }: ByPick): string {
  const few = `${cluster[0]!.pairs} of ${all[0]!.pairs} pairs`;
  return `All pairs give ${digits(meanBy(measure, all))}, ${few} ${digits(meanBy(measure, cluster))}; clusters are by features "${choiceText(features)}".`;
}

/** Fewer pairs, clustered and random, beside all of them. */
export async function dataSection(study: Study): Promise<Section> {
  const results: ByPick = { cluster: [], random: [], all: [] };
  for (const seed of study.seeds) {
    const base = await studyBase(study, 'clustered', seed);
    results.all.push(...(await adaptersOf(study, base, seed, { id: 'lora', curved: true })));
    for (const pick of ['cluster', 'random'] as const) {
      const pairs = await reduced(study, pick, seed);
      results[pick].push(...(await adaptersOf(study, base, seed, { id: `pairs-${pick}`, pairs })));
    }
  }
  const row = (name: string, own: readonly TrialResult[]) => [name, own[0]!.pairs, ...scoreCells(own)];
  return section({
    title: 'Fewer pairs',
    text: [`As many steps on each set; clusters by the features of the targets.`],
    tables: [
      {
        title: 'Adapters by the pairs that they were trained on',
        columns: ['pairs', 'count', ...SCORE_COLUMNS],
        rows: [
          row('nearest to the centres of clusters', results.cluster),
          row('random', results.random),
          row('all', results.all),
        ],
      },
    ],
    claims: [
      claimOf({
        claim: 'clustered pairs are at least as good as random ones of equal number',
        measure: study.measure,
        ours: results.cluster,
        other: results.random,
        apart: () => apart(study, results),
      }),
    ],
  });
}
