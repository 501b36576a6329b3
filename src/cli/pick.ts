import { type Command, Option } from 'commander';
import { unit } from '../model/features.ts';
import type { PairSource } from '../train/loop.ts';
import { clusterFeatures, nearestToCentres, randomIndices } from '../train/select.ts';
import { subsetSource } from '../train/subset_source.ts';
import { messageOf, UserError, usageError } from './errors.ts';
import { type FeatureChoice, featuresOption, withPictureFeatures } from './features.ts';
import { integer } from './options.ts';
import { startProgress } from './progress.ts';
import { warn } from './warn.ts';

/** Which pairs to keep, as commander parses it. */
export interface PickOptions {
  readonly pairs?: number;
  readonly pick: 'cluster' | 'random';
  readonly features: FeatureChoice;
}

/** Adds them. */
export function addPickOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--pairs <n>', 'train on this many of the pairs (default: all)').argParser(
        integer({ min: 1, max: 1e6 }),
      ),
    )
    .addOption(
      new Option('--pick <how>', 'which they are: nearest to the centres of n clusters of targets, or any')
        .choices(['cluster', 'random'])
        .default('cluster'),
    )
    .addOption(featuresOption('that targets are clustered by'));
}

/** What was picked, as `config.json` and reports tell it. */
export interface Picked {
  readonly source: PairSource;
  readonly about: {
    readonly pairs?: number;
    readonly pick?: 'cluster' | 'random';
    readonly features?: string;
  };
  /** For people; null where all pairs are kept. */
  readonly note: string | null;
}

/** Features of the targets, of length 1, by index; pairs that cannot be read are left out with a warning. */
async function targetFeatures(
  source: PairSource,
  choice: FeatureChoice,
): Promise<{ name: string; indices: number[]; rows: Float32Array[] }> {
  const progress = startProgress({ label: 'features', total: source.count, unit: 'pairs' });
  const [indices, rows]: [number[], Float32Array[]] = [[], []];
  try {
    return await withPictureFeatures(choice, async (features) => {
      for (let index = 0; index < source.count; index++) {
        try {
          rows.push(unit(await features.of((await source.load(index)).target)));
          indices.push(index);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          warn(`${messageOf(error)}; left out`);
        }
        progress.update(index + 1);
      }
      return { name: features.name, indices, rows };
    });
  } finally {
    progress.stop();
  }
}

/**
 * The pairs to train on: all, or `--pairs` of them. `cluster` takes k-means over the targets' features, of length 1, and
 * keeps the pair nearest to each centre, so fewer where targets are equal.
 *
 * @throws UserError where `--pairs` is more than there are
 * @see Gong et al. 2024 (E2GAN), training data reduction by similarity clustering
 */
export async function pickPairs(source: PairSource, options: PickOptions, seed: number): Promise<Picked> {
  const { pairs, pick, features } = options;
  if (pairs === undefined) return { source, about: {}, note: null };
  const total = source.count;
  if (pairs > total) throw usageError(`--pairs ${pairs}: there are ${total} to train on`);
  if (pick === 'random') {
    const chosen = randomIndices(total, pairs, seed);
    const note = `${chosen.length} of ${total} pairs, picked at random (seed ${seed})`;
    return { source: subsetSource(source, chosen), about: { pairs, pick }, note };
  }
  const { name, indices, rows } = await targetFeatures(source, features);
  if (rows.length < pairs)
    throw new UserError(`--pairs ${pairs}: only ${rows.length} of ${total} pairs can be read`);
  const nearest = nearestToCentres(rows, clusterFeatures(rows, pairs, seed));
  const chosen = nearest.map((i) => indices[i]!);
  const note = `${chosen.length} of ${total} pairs, nearest to the centres of clusters of targets (seed ${seed}); features: ${name}`;
  return { source: subsetSource(source, chosen), about: { pairs, pick, features: name }, note };
}
