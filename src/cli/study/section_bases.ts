import { BASE_KINDS, type BaseKind } from '../../train/method/concept_sets.ts';
import { conceptMapSvg } from '../concept_map.ts';
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

function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return sum;
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
    claimOf(
      `a base on clustered concepts is at least as good as one on ${kind} ones`,
      measure,
      results.get('clustered')!,
      results.get(kind)!,
    );
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
