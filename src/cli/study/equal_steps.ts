import { meanBy } from '../trials/judge.ts';
import { digits } from '../trials/mean.ts';
import type { Results } from '../trials/trial_log.ts';
import type { Study } from './study.ts';

/** Results of each method, by its id. */
export type ByMethod = ReadonlyMap<string, Results>;

/** A method from random weights as its curve shows it after about as many steps as adapters had, and the adapters it is paired with. */
export function atEqualSteps(
  { steps }: Pick<Study, 'steps'>,
  results: ByMethod,
  id: string,
): { readonly ours: Results; readonly other: Results } {
  const paired = results.get(id)!.flatMap((scratch) => {
    const point = scratch.curve.find(({ step }) => Math.abs(step - steps.tune) <= 0.1 * steps.tune);
    const lora = results
      .get('lora')!
      .find(({ concept, seed }) => concept === scratch.concept && seed === scratch.seed);
    return point && lora ? [{ lora, other: { ...scratch, ...point } }] : [];
  });
  return { ours: paired.map(({ lora }) => lora), other: paired.map(({ other }) => other) };
}

/** Those of the results whose concept and seed the other has too: rivals may have been trained with one seed only. */
export const pairedWith = (other: Results, results: Results): Results =>
  results.filter((one) => other.some(({ concept, seed }) => concept === one.concept && seed === one.seed));

/** What the adapter's size has to do with it: all weights of the base, trained for as many steps, are the measure. */
function sizeShare(
  { steps, measure }: Pick<Study, 'steps' | 'measure'>,
  results: ByMethod,
  rival: Results,
): string {
  const mean = (id: string) => meanBy(measure, pairedWith(rival, results.get(id)!));
  const [few, all] = [mean('lora'), mean('full')];
  const share = (few - all) / (few - meanBy(measure, rival));
  const part =
    share > 0
      ? `so an adapter's size accounts for ${(100 * Math.min(1, share)).toFixed(0)} % of the difference`
      : "so an adapter's size is not the reason";
  return `All weights of the base, trained for ${steps.tune} steps, end at ${digits(all)} where adapters end at ${digits(few)}, ${part}.`;
}

/** What sets a method from random weights apart from adapters that it is ahead of: how much it trains, and for how long. */
export function apartFromScratch(
  study: Pick<Study, 'steps' | 'measure'>,
  results: ByMethod,
  id: string,
): string {
  const { steps, measure } = study;
  const rival = results.get(id)!;
  const trained = (of: Results) => of[0]!.weights.trained;
  const size = `An adapter trains ${trained(results.get('lora')!)} weights for ${steps.tune} steps, the other ${trained(rival)} for ${steps.scratch}.`;
  const { ours, other } = atEqualSteps(study, results, id);
  if (!ours.length) return `${size} ${sizeShare(study, results, rival)}`;
  const [early, then] = [meanBy(measure, ours), meanBy(measure, other)];
  const lead = early <= then ? 'so it is the longer training that brings it there' : 'so it led by then';
  const equal = `After as many steps as an adapter has (seed ${ours[0]!.seed}) it stood at ${digits(then)} where adapters end at ${digits(early)}, ${lead}.`;
  return `${size} ${equal} ${sizeShare(study, results, rival)}`;
}
