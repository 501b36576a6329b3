import type { Features } from '../../model/features.ts';
import type { Picture } from '../../model/picture.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { PromptedPair } from '../../train/loop.ts';
import { frechetDistance, type Gaussian, gaussianOf } from '../../train/metrics/frechet.ts';
import { kernelDistance } from '../../train/metrics/kernel_distance.ts';
import { usageError } from '../errors.ts';
import { type FeatureChoice, openPictureFeatures } from '../features.ts';
import { quality } from '../session.ts';
import { meanOf } from './mean.ts';
import type { Results } from './trial_log.ts';

/** How close edits come to their targets: means over pictures, and distances between the two sets. */
export interface Score {
  readonly l1: number;
  readonly psnr: number;
  readonly ssim: number;
  /** Null where there are fewer pictures than values in a feature. */
  readonly fid: number | null;
  readonly kid: { readonly value: number; readonly standardError: number };
}

/** Which number decides between trials; the lower, the better. */
export const MEASURES = ['fid', 'kid', 'l1'] as const;
export type Measure = (typeof MEASURES)[number];

/** The deciding number of a score. */
export const measured = (score: Score, measure: Measure): number =>
  measure === 'kid' ? score.kid.value : score[measure]!;

/** Mean of results by the measure. */
export const meanBy = (measure: Measure, results: Results): number =>
  meanOf(results.map(({ score }) => measured(score, measure))).mean;

const KID_SEED = 1;
const LEAST = 4;

/** What a concept's targets come to, found once. */
interface Targets {
  readonly features: readonly Float32Array[];
  readonly gaussian: Gaussian | null;
}

/** Scores edited pictures against the held-out targets of their concept. */
export class Judge {
  readonly #features: Features<Picture>;
  readonly #targets = new WeakMap<readonly PromptedPair[], Promise<Targets>>();

  private constructor(features: Features<Picture>) {
    this.#features = features;
  }

  /** @throws UserError where the weights of the features cannot be read */
  static async open(gpu: Gpu, choice: FeatureChoice): Promise<Judge> {
    return new Judge(await openPictureFeatures(gpu, choice));
  }

  /** Which features, in words. */
  get features(): string {
    return this.#features.name;
  }

  /** @throws UserError where so few pictures do not give this measure */
  require(measure: Measure, pictures: number): void {
    const { dimensions, name } = this.#features;
    const least = measure === 'fid' ? dimensions : LEAST;
    if (pictures < least)
      throw usageError(
        `--measure ${measure}: needs ${least} held-out pairs or more (${name}), there are ${pictures}; hold out more, or take --measure l1`,
      );
  }

  async #of(pictures: readonly Picture[]): Promise<Float32Array[]> {
    const rows: Float32Array[] = [];
    for (const picture of pictures) rows.push(await this.#features.of(picture));
    return rows;
  }

  #targetsOf(pairs: readonly PromptedPair[]): Promise<Targets> {
    const known = this.#targets.get(pairs);
    if (known) return known;
    const found = this.#of(pairs.map(({ target }) => target)).then((features) => ({
      features,
      gaussian: features.length >= this.#features.dimensions ? gaussianOf(features) : null,
    }));
    this.#targets.set(pairs, found);
    return found;
  }

  /** @param edited - one for each pair, in their order; 4 or more */
  async score(edited: readonly Picture[], pairs: readonly PromptedPair[]): Promise<Score> {
    const { features, gaussian } = await this.#targetsOf(pairs);
    const own = await this.#of(edited);
    const { value, standardError } = kernelDistance(own, features, { seed: KID_SEED });
    return {
      ...quality(
        edited,
        pairs.map(({ target }) => target),
      ),
      fid: gaussian && frechetDistance(gaussian, gaussianOf(own)),
      kid: { value, standardError },
    };
  }
}
