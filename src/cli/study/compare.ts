import { judgeClaim } from '../../train/method/claims.ts';
import { type Measure, measured } from '../trials/judge.ts';
import { meanOf, meanText } from '../trials/mean.ts';
import type { TrialResult } from '../trials/trial_log.ts';
import type { Claim } from './study.ts';

/** Results of one way of training, over concepts and seeds, in one order for all ways. */
export type Results = readonly TrialResult[];

/** A claim "ours is at least as good as the other", by the measure. */
export function claimOf(claim: string, measure: Measure, ours: Results, other: Results): Claim {
  const values = (results: Results) => results.map(({ score }) => measured(score, measure));
  const { verdict, standardError, ...means } = judgeClaim({ ours: values(ours), other: values(other) });
  return { claim, ours: means.ours, other: means.other, standardError, trainings: ours.length, verdict };
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
