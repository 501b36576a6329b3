import type { LayerGroup } from '../../model/generator_spec.ts';

/** Scores of one group of layers, means over concepts and seeds; the lower, the better. */
export interface GroupEvidence {
  readonly group: LayerGroup;
  /** Weights of the group. */
  readonly weights: number;
  /** All other groups trained, this one kept as the base has it. */
  readonly frozen: number;
  /** Only this group trained. */
  readonly alone: number;
}

/** What the groups are held against. */
export interface Bounds {
  /** The base without any training. */
  readonly untuned: number;
  /** All weights trained. */
  readonly full: number;
  /** Share of `full` that freezing a group may cost before it is crucial. */
  readonly tolerance: number;
}

/** A group with what its evidence comes to. */
export interface GroupVerdict extends GroupEvidence {
  /** Score lost by freezing it, as a share of `full`. */
  readonly loss: number;
  /** Score won by training it alone, for each million of its weights. */
  readonly gainPerMillion: number;
  readonly crucial: boolean;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Which groups of layers a new concept has to change. A group is crucial if freezing it costs more than the tolerance, or
 * if what training it alone wins per weight is above the median of all groups.
 *
 * @throws RangeError where there is no group
 * @see Gong et al. 2024 (E2GAN), figure 4 (sensitivity of the score to what is tuned); the rule is ours, as the paper's
 * text gives none
 */
export function crucialGroups(evidence: readonly GroupEvidence[], bounds: Bounds): GroupVerdict[] {
  if (evidence.length === 0) throw new RangeError('there is no group of layers to judge');
  const gains = evidence.map(({ alone, weights }) => (1e6 * (bounds.untuned - alone)) / weights);
  const middle = median(gains);
  return evidence.map((group, i) => {
    const loss = (group.frozen - bounds.full) / bounds.full;
    const gainPerMillion = gains[i]!;
    return {
      ...group,
      loss,
      gainPerMillion,
      crucial: loss > bounds.tolerance || gainPerMillion > middle,
    };
  });
}
