import { type CaseResult, type Entry, isPeer } from './results.ts';
import { median } from './statistics.ts';

/** Which clock: wall, or the time of all processors. */
export type Clock = 'wall' | 'cpu';

/** How ours stands to the best peer whose numbers are right. */
export interface Standing {
  readonly peer: Entry['who'];
  readonly ratio: number;
}

/** Median of an entry's runs; null where it has none. */
export function medianOf({ samples }: Entry, clock: Clock): number | null {
  return samples.length ? median(samples.map((sample) => sample[clock])) : null;
}

const counts = ({ verdict }: Entry): boolean => verdict?.status === 'right';

/** The fastest right peer's time over ours: above 1 ours is faster. Null where one of the two is missing or wrong. */
export function standing({ entries }: CaseResult, clock: Clock): Standing | null {
  const ours = entries.find(({ who }) => who === 'ours');
  const own = ours && counts(ours) ? medianOf(ours, clock) : null;
  if (!own) return null;
  let best: Standing | null = null;
  for (const entry of entries) {
    const time = isPeer(entry.who) && counts(entry) ? medianOf(entry, clock) : null;
    if (time && (!best || time / own < best.ratio)) best = { peer: entry.who, ratio: time / own };
  }
  return best;
}

/** Whether the goal is met, by the clock that is fair on this device; null without goal or peer. */
export function meets(result: CaseResult, clock: Clock): boolean | null {
  const found = standing(result, clock);
  return result.target === null || !found ? null : found.ratio >= result.target;
}
