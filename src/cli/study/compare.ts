import { judgeClaim } from '../../train/method/claims.ts';
import { type Measure, measured } from '../trials/judge.ts';
import { meanOf, meanText } from '../trials/mean.ts';
import type { Results, TrialResult } from '../trials/trial_log.ts';
import type { Claim } from './study.ts';
import { whyNot } from './why.ts';

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

/** Two ways of training that are compared; the lower by the measure, the better. */
export interface Compared {
  /** That ours is at least as good as the other. */
  readonly claim: string;
  readonly measure: Measure;
  /** Paired: the same concepts and seeds in the same order. */
  readonly ours: Results;
  readonly other: Results;
  /** What sets the two apart, in sentences; asked for only where the claim does not hold. */
  readonly apart: () => string;
}

/** Holds a claim against results; where it does not hold, with what they say of the reason. */
export function claimOf({ claim, measure, ours, other, apart }: Compared): Claim {
  const values = (results: Results) => results.map(({ score }) => measured(score, measure));
  const paired = { ours: values(ours), other: values(other) };
  const { verdict, standardError, ...means } = judgeClaim(paired);
  const names = ours.map(({ concept }) => concept);
  const concepts = byConcept(names, paired.ours, paired.other);
  return {
    claim,
    ours: means.ours,
    other: means.other,
    standardError,
    trainings: ours.length,
    verdict,
    concepts,
    why: verdict === 'holds' ? [] : [...whyNot(measure, concepts, ours, other), apart()],
  };
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
