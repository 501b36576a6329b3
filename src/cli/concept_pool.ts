import { clusterFeatures, nearestToCentres } from '../train/select.ts';
import { conceptMapSvg } from './concept_map.ts';
import { type PoolConcept, readConceptPool } from './data/concepts.ts';
import { usageError } from './errors.ts';
import { type FeatureChoice, withPromptFeatures } from './features.ts';

/** How representative concepts are chosen. */
export interface PoolOptions {
  readonly path: string;
  /** Clusters, and so concepts chosen. */
  readonly k: number;
  readonly features: FeatureChoice;
  readonly seed: number;
  readonly exclude: readonly string[];
}

/** Concepts chosen of a pool. */
export interface ChosenConcepts {
  /** In the pool's order. */
  readonly chosen: readonly PoolConcept[];
  /** Which features they were chosen by, in words. */
  readonly features: string;
  /** Names of each chosen concept's whole cluster. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly poolSize: number;
  readonly seed: number;
  /** The map, see conceptMapSvg. */
  readonly svg: string;
}

async function poolWithout(path: string, exclude: readonly string[]): Promise<PoolConcept[]> {
  const pool = await readConceptPool(path);
  const unknown = exclude.find((name) => !pool.some((c) => c.name === name));
  if (unknown !== undefined) throw usageError(`--exclude: ${path} has no concept ${unknown}`);
  return pool.filter(({ name }) => !exclude.includes(name));
}

/**
 * Chooses `k` concepts that stand for a pool: k-means over the features of their prompts, the concept nearest to each
 * centre.
 *
 * @throws UserError naming the file or flag
 * @see Gong et al. 2024 (E2GAN), base model construction
 */
export async function chooseConcepts(options: PoolOptions): Promise<ChosenConcepts> {
  const { path, k, seed } = options;
  const pool = await poolWithout(path, options.exclude);
  if (k > pool.length) throw usageError(`--k ${k}: ${path} has ${pool.length} concepts to choose from`);
  const { name: features, rows } = await withPromptFeatures(options.features, async (prompts) => {
    const rows: Float32Array[] = [];
    for (const { prompt } of pool) rows.push(await prompts.of(prompt));
    return { name: prompts.name, rows };
  });
  const clusters = clusterFeatures(rows, k, seed);
  const indices = nearestToCentres(rows, clusters);
  const names = pool.map(({ name }) => name);
  const membersOf = (i: number) => names.filter((_, j) => clusters.of[j] === clusters.of[i]);
  const title = `${indices.length} of ${pool.length} concepts, nearest to the centres of clusters of prompts (seed ${seed}); features: ${features}`;
  return {
    chosen: indices.map((i) => pool[i]!),
    features,
    members: new Map(indices.map((i) => [names[i]!, membersOf(i)])),
    poolSize: pool.length,
    seed,
    svg: conceptMapSvg({ names, features: rows, clusters: clusters.of, chosen: indices, title }),
  };
}

/** `concepts.json` of a run: what was chosen and why; also a pool, or a data folder's prompts. */
export function conceptsJson({ chosen, features, members, poolSize, seed }: ChosenConcepts): string {
  const concepts = chosen.map(({ name, prompt }) => ({ name, prompt, stands_for: members.get(name) }));
  return `${JSON.stringify({ features, pool: poolSize, seed, concepts }, null, 2)}\n`;
}

/** The choice as a table of the report. */
export const conceptsTable = ({ chosen, features, members, poolSize }: ChosenConcepts) => ({
  title: `${chosen.length} of ${poolSize} concepts; features: ${features}`,
  columns: ['concept', 'prompt', 'stands for'] as const,
  rows: chosen.map(({ name, prompt }) => [name, prompt, members.get(name)!.join(', ')]),
});
