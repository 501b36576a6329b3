import { judgeClaim } from '../../train/method/claims.ts';
import { type Measure, measured } from '../trials/judge.ts';
import { meanOf, meanText } from '../trials/mean.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import type { Claim } from './study.ts';

/** Results of one way of training, over concepts and seeds, in one order for all ways. */
export type Results = readonly TrialResult[];

/** Means by concept of two ways whose results are paired. */
function byConcept(
  names: readonly string[],
  ours: readonly number[],
  other: readonly number[],
): Claim['concepts'] {
  return [...new Set(names)].map((concept) => {
    const own = (values: readonly number[]) => meanOf(values.filter((_, i) => names[i] === concept)).mean;
    return { concept, ours: own(ours), other: own(other) };
  });
}

/** A claim "ours is at least as good as the other" about numbers that are paired; the lower, the better. */
export function claimOfValues(
  claim: string,
  names: readonly string[],
  ours: readonly number[],
  other: readonly number[],
): Claim {
  const { verdict, standardError, ...means } = judgeClaim({ ours, other });
  const concepts = byConcept(names, ours, other);
  return {
    claim,
    ours: means.ours,
    other: means.other,
    standardError,
    trainings: ours.length,
    verdict,
    concepts,
  };
}

/** The same about results, by the measure. */
export function claimOf(claim: string, measure: Measure, ours: Results, other: Results): Claim {
  const values = (results: Results) => results.map(({ score }) => measured(score, measure));
  const names = ours.map(({ concept }) => concept);
  return claimOfValues(claim, names, values(ours), values(other));
}

export const SCORE_COLUMNS = ['FID', 'KID x1000', 'L1', 'SSIM'] as const;

/** Mean scores of results, each `mean ± deviation`. */
export function scoreCells(results: Results): string[] {
  const cell = (of: (result: TrialResult) => number | null, scale = 1) => {
    const values = results.map(of);
    return values.some((v) => v === null) ? '–' : meanText(meanOf(values.map((v) => scale * v!)));
  };
  return [
    cell(({ score }) => score.fid),
    cell(({ score }) => score.kid.value, 1000),
    cell(({ score }) => score.l1),
    cell(({ score }) => score.ssim),
  ];
}
