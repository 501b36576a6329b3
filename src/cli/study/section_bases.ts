import { BASE_KINDS, type BaseKind } from '../../train/method/concept_sets.ts';
import { squaredDistance } from '../../train/rows.ts';
import { conceptMapSvg } from '../concept_map.ts';
import { digits, meanOf } from '../trials/mean.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import { conceptsOfBase, studyBase } from './bases.ts';
import { claimOf, SCORE_COLUMNS, scoreCells } from './compare.ts';
import { adaptersOf } from './methods.ts';
import { type Section, type Study, section } from './study.ts';

const DESCRIPTIONS: Readonly<Record<BaseKind, string>> = {
  clustered: 'nearest to the centres of clusters',
  random: 'any',
  'one-sided': 'as alike as can be',
  single: 'one alone',
};

/** Where the pool's concepts lie, and which of them the clustered base of the first seed stands on. */
function mapOf(study: Study): string {
  const { names, rows, features } = study.pool;
  const chosen = conceptsOfBase(study, 'clustered', study.seeds[0]!).map((name) => names.indexOf(name));
  // Each concept goes with the chosen one that is nearest to it: what k-means' own clusters come to.
  const clusters = rows.map((row) => {
    const distances = chosen.map((i) => rows[i]!).map((centre) => squaredDistance(row, centre));
    return distances.indexOf(Math.min(...distances));
  });
  const title = `${chosen.length} of ${names.length} concepts (seed ${study.seeds[0]}); features: ${features}`;
  return conceptMapSvg({ names, features: rows, clusters, chosen, title });
}

/** Mean distance between the concepts of a set, by their features; 0 for a single one. */
function spreadOf({ names, rows }: Study['pool'], set: readonly string[]): number {
  const members = set.map((name) => rows[names.indexOf(name)]!);
  const distances = members.flatMap((a, i) =>
    members.slice(i + 1).map((b) => Math.sqrt(squaredDistance(a, b))),
  );
  return distances.length ? meanOf(distances).mean : 0;
}

/** How different the concepts of two bases are: few of many concepts shared, and further apart, makes them so. */
function apart(study: Study, kind: BaseKind): string {
  const { pool, k, seeds } = study;
  if (kind === 'single')
    return `The single concept had all ${study.steps.base} steps of its base, each of ours a share of 1 in ${k}; they were chosen from ${pool.names.length}.`;
  const sets = seeds.map(
    (seed) => [conceptsOfBase(study, 'clustered', seed), conceptsOfBase(study, kind, seed)] as const,
  );
  const shared = sets.map(([ours, other]) => other.filter((name) => ours.includes(name)).length);
  const spread = (side: 0 | 1) => digits(meanOf(sets.map((pair) => spreadOf(pool, pair[side]))).mean);
  return `The sets share ${shared.join(' and ')} of ${k} concepts, chosen from ${pool.names.length}; by the features "${pool.features}" concepts of ours are ${spread(0)} apart on average, those of the other ${spread(1)}.`;
}

/** Adapters of bases that were trained on different sets of concepts. */
export async function basesSection(study: Study): Promise<Section> {
  const results = new Map<BaseKind, TrialResult[]>(BASE_KINDS.map((kind) => [kind, []]));
  for (const kind of BASE_KINDS)
    for (const seed of study.seeds) {
      const base = await studyBase(study, kind, seed);
      // The clustered base's adapters are those of the methods.
      const id = kind === 'clustered' ? 'lora' : `from-${kind}`;
      const curved = kind === 'clustered';
      results.get(kind)!.push(...(await adaptersOf(study, base, seed, { id, curved })));
    }
  const { measure } = study;
  const rows = BASE_KINDS.map((kind) => [
    `${kind}: ${DESCRIPTIONS[kind]}`,
    conceptsOfBase(study, kind, study.seeds[0]!).join(', '),
    ...scoreCells(results.get(kind)!),
  ]);
  const claim = (kind: BaseKind) =>
    claimOf({
      claim: `a base on clustered concepts is at least as good as one on ${kind} ones`,
      measure,
      ours: results.get('clustered')!,
      other: results.get(kind)!,
      apart: () => apart(study, kind),
    });
  return section({
    title: 'Base models',
    text: [
      `Every base was trained for ${study.steps.base} steps on the same number of scenes or photographs, on ${study.k} concepts of ${study.pool.names.length} (one for "single"); an adapter of each was then trained for every target.`,
    ],
    tables: [
      {
        title: 'Adapters by what their base was trained on',
        columns: ['base', `concepts (seed ${study.seeds[0]})`, ...SCORE_COLUMNS],
        rows,
      },
    ],
    figures: new Map([['concepts', mapOf(study)]]),
    claims: (['random', 'one-sided', 'single'] as const).map(claim),
  });
}
