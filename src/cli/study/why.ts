import { type Measure, meanBy, measured } from '../trials/judge.ts';
import { digits, meanOf } from '../trials/mean.ts';
import type { Results, TrialResult } from '../trials/trial_log.ts';
import type { Claim } from './study.ts';

const listed = (names: readonly string[]): string => new Intl.ListFormat('en-GB').format(names);

/** Which concepts decide: how many go to the other, and where each side is furthest ahead. */
export function decidingConcepts(concepts: Claim['concepts']): string {
  const lead = ({ ours, other }: Claim['concepts'][number]): number => ours - other;
  const sorted = [...concepts].sort((a, b) => lead(b) - lead(a));
  const lost = sorted.filter((concept) => lead(concept) > 0);
  if (lost.length === 0) return 'Concept by concept neither is ahead.';
  const most = lost[0]!;
  const share = (100 * lead(most)) / lost.reduce((sum, concept) => sum + lead(concept), 0);
  const part = lost.length > 1 ? `: ${share.toFixed(0)} % of what it is ahead by` : '';
  const last = sorted.at(-1)!;
  const won =
    lead(last) < 0
      ? ` Ours is furthest ahead on ${last.concept} (${digits(last.ours)} against ${digits(last.other)}).`
      : '';
  return `The other is ahead on ${lost.length} of ${concepts.length} concepts, most on ${most.concept} (${digits(most.other)} against ${digits(most.ours)}${part}).${won}`;
}

/** Mean distance between trainings that differ in their seed alone; null where every seed is the only one. */
function seedSpread(results: Results, measure: Measure): number | null {
  const distances: number[] = [];
  results.forEach((a, i) => {
    for (const b of results.slice(i + 1))
      if (a.concept === b.concept && a.seed !== b.seed)
        distances.push(Math.abs(measured(a.score, measure) - measured(b.score, measure)));
  });
  return distances.length ? meanOf(distances).mean : null;
}

/** A difference beside what another seed does. The verdict pairs seeds and so sees smaller ones: this says how large it is, not whether it is one. */
export function chance(measure: Measure, ours: Results, other: Results): string {
  const spreads = [seedSpread(ours, measure), seedSpread(other, measure)].filter((s) => s !== null);
  if (!spreads.length)
    return 'One seed was trained, so what chance alone does is not known; more --repeats would tell.';
  const spread = meanOf(spreads).mean;
  const difference = Math.abs(meanBy(measure, ours) - meanBy(measure, other));
  const more = difference < spread ? 'more' : 'less';
  return `The two differ by ${digits(difference)}; another seed changes a training of either by ${digits(spread)} on average, which is ${more}.`;
}

// Of a sign by which less is better.
const SCORES = {
  FID: ({ score }: TrialResult) => score.fid,
  KID: ({ score }: TrialResult) => score.kid.value,
  L1: ({ score }: TrialResult) => score.l1,
  SSIM: ({ score }: TrialResult) => -score.ssim,
} as const;

/** What the scores say that do not decide. */
export function otherScores(measure: Measure, ours: Results, other: Results): string {
  const ahead: string[] = [];
  const behind: string[] = [];
  for (const [name, of] of Object.entries(SCORES)) {
    const [a, b] = [ours.map(of), other.map(of)];
    if (name.toLowerCase() === measure || [...a, ...b].includes(null)) continue;
    const mean = (values: readonly (number | null)[]) => meanOf(values.map(Number)).mean;
    (mean(a) <= mean(b) ? ahead : behind).push(name);
  }
  if (!ahead.length) return `By ${listed(behind)} the other is ahead too.`;
  const but = behind.length ? `, by ${listed(behind)} the other` : '';
  return `By ${listed(ahead)} ours is ahead${but}.`;
}

/** What the same trainings say of a claim that does not hold: which concepts decide, chance, the other scores. */
export const whyNot = (
  measure: Measure,
  concepts: Claim['concepts'],
  ours: Results,
  other: Results,
): string[] => [decidingConcepts(concepts), chance(measure, ours, other), otherScores(measure, ours, other)];
