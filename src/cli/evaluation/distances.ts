import type { Features } from '../../model/features.ts';
import type { Picture } from '../../model/picture.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { directionScore } from '../../train/metrics/direction_score.ts';
import { frechetDistance, gaussianOf } from '../../train/metrics/frechet.ts';
import { kernelDistance } from '../../train/metrics/kernel_distance.ts';
import { UserError, usageError } from '../errors.ts';
import { type FeatureChoice, openPictureFeatures, openPromptFeatures, readsPrompts } from '../features.ts';
import { warn } from '../warn.ts';
import { type ByCandidate, byCandidate, type Candidate, type Judged } from './candidates.ts';

/** What to measure between sets of pictures. */
export interface DistanceWish {
  readonly fid: boolean;
  readonly kid: boolean;
  readonly features: FeatureChoice;
  /** Allow fewer pairs than a covariance needs. */
  readonly force: boolean;
  /** The edit's prompt, and what the untouched pictures would be called. */
  readonly prompt: string;
  readonly sourcePrompt: string;
}

/** Distances between the candidates' pictures and the targets, by features of `samples` pictures each. */
export interface Distances {
  /** Which features, in words. */
  readonly features: string;
  readonly samples: number;
  /** With fewer samples than values of a feature (`--force`): FID is then too large. */
  readonly forced?: true;
  readonly fid?: ByCandidate<number>;
  readonly kid?: {
    readonly subsets: number;
    readonly subset_size: number;
    readonly seed: number;
    readonly values: ByCandidate<{ readonly value: number; readonly standard_error: number }>;
  };
  readonly direction?: {
    readonly source_prompt: string;
    readonly prompt: string;
    readonly values: ByCandidate<number>;
  };
}

const KID_SEED = 1;
const LEAST_FOR_KID = 4;

const isWanted = ({ fid, kid, features }: DistanceWish): boolean => fid || kid || features.kind === 'clip';

/** Embeddings of the two prompts, where there is a text tower to make them. */
async function promptDirection(gpu: Gpu, wish: DistanceWish) {
  const { features, prompt, sourcePrompt } = wish;
  if (features.kind !== 'clip') return null;
  if (!readsPrompts(features) || prompt === '') {
    const reason = prompt === '' ? 'there is no prompt' : 'no tokenizer.json lies beside the file';
    warn(`--features clip=${features.path}: ${reason}, so there is no direction score`);
    return null;
  }
  const prompts = await openPromptFeatures(gpu, features);
  const found = { source: await prompts.of(sourcePrompt), edited: await prompts.of(prompt) };
  prompts.dispose();
  return found;
}

type Role = Candidate | 'target';

/** Collects features of the pictures as they are judged, and measures distances between the sets in the end. */
export class DistanceMeter {
  readonly #wish: DistanceWish;
  readonly #features: Features<Picture>;
  readonly #direction: Awaited<ReturnType<typeof promptDirection>>;
  readonly #sets: Record<Role, Float32Array[]> = { input: [], base: [], edited: [], target: [] };

  private constructor(
    wish: DistanceWish,
    features: Features<Picture>,
    direction: Awaited<ReturnType<typeof promptDirection>>,
  ) {
    this.#wish = wish;
    this.#features = features;
    this.#direction = direction;
  }

  /**
   * What it puts on the device stays there as long as the device is open.
   *
   * @param pairs - how many there will be
   * @returns null where nothing is wanted
   * @throws UserError where they are too few, or the weights cannot be read
   */
  static async open(gpu: Gpu, wish: DistanceWish, pairs: number): Promise<DistanceMeter | null> {
    if (!isWanted(wish)) return null;
    const features = await openPictureFeatures(gpu, wish.features);
    const meter = new DistanceMeter(wish, features, await promptDirection(gpu, wish));
    meter.#requireEnough(pairs);
    return meter;
  }

  #requireEnough(pairs: number): void {
    const { dimensions, name } = this.#features;
    const { fid, kid, force } = this.#wish;
    if (fid && pairs < 2) throw usageError(`--fid: needs 2 pairs or more, there are ${pairs}`);
    if (fid && pairs < dimensions && !force)
      throw usageError(
        `--fid: ${pairs} pairs are fewer than the ${dimensions} values of a feature (${name}); give more pairs, take --kid, or add --force for a value that is too large`,
      );
    if (kid && pairs < LEAST_FOR_KID)
      throw usageError(`--kid: needs ${LEAST_FOR_KID} pairs or more, there are ${pairs}`);
  }

  async add(judged: Judged, candidates: readonly Candidate[]): Promise<void> {
    // All or none, so that the sets stay as long as each other.
    const found: [Role, Float32Array][] = [];
    for (const role of [...candidates, 'target'] as const)
      found.push([role, await this.#features.of(judged[role])]);
    for (const [role, feature] of found) this.#sets[role].push(feature);
  }

  /** @throws UserError where so many pairs were left out that too few remain */
  report(candidates: readonly Candidate[]): Distances {
    const { fid, kid, prompt, sourcePrompt } = this.#wish;
    const { target } = this.#sets;
    this.#requireEnough(target.length);
    const forced = fid && target.length < this.#features.dimensions;
    const direction = this.#direction && {
      source_prompt: sourcePrompt,
      prompt,
      values: this.#directions(candidates.filter((name) => name !== 'input')),
    };
    return {
      features: this.#features.name,
      samples: target.length,
      ...(forced ? { forced } : {}),
      ...(fid ? { fid: this.#frechet(candidates) } : {}),
      ...(kid ? { kid: this.#kernel(candidates) } : {}),
      ...(direction ? { direction } : {}),
    };
  }

  #frechet(candidates: readonly Candidate[]): ByCandidate<number> {
    const target = gaussianOf(this.#sets.target, true);
    return byCandidate(candidates, (name) => frechetDistance(target, gaussianOf(this.#sets[name], true)));
  }

  #kernel(candidates: readonly Candidate[]): NonNullable<Distances['kid']> {
    const found = candidates.map((name) => {
      return [name, kernelDistance(this.#sets[name], this.#sets.target, { seed: KID_SEED })] as const;
    });
    const { subsets, subsetSize } = found[0]![1];
    const values = Object.fromEntries(
      found.map(([name, { value, standardError }]) => [name, { value, standard_error: standardError }]),
    );
    return { subsets, subset_size: subsetSize, seed: KID_SEED, values };
  }

  #directions(candidates: readonly Candidate[]): ByCandidate<number> {
    const { input } = this.#sets;
    const score = (name: Candidate) => {
      const scores = this.#sets[name].map((edited, i) =>
        directionScore({ source: input[i]!, edited }, this.#direction!),
      );
      return scores.reduce((a, b) => a + b, 0) / scores.length;
    };
    try {
      return byCandidate(candidates, score);
    } catch (error) {
      if (error instanceof RangeError)
        throw new UserError(`--features: ${error.message}`, 1, { cause: error });
      throw error;
    }
  }
}
