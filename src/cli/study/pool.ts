import type { PairSource } from '../../train/loop.ts';
import { sceneSource } from '../../train/scene_source.ts';
import { sceneConcepts } from '../../train/scenes/scenes.ts';
import { findPairs } from '../data/data_set.ts';
import { usageError } from '../errors.ts';
import { type FeatureChoice, withPromptFeatures } from '../features.ts';
import { folderSource, splitPairs, tolerantSource } from '../folder_source.ts';
import { warn } from '../warn.ts';
import type { Pool } from './study.ts';

/** Which material a study's pool is made of. */
export interface PoolOptions {
  readonly data?: string;
  readonly sceneCount: number;
  readonly heldOut: number;
  readonly size: number;
  readonly contextWidth: number;
  readonly features: FeatureChoice;
  /** Concepts that stay out of it: the targets. */
  readonly exclude: readonly string[];
}

interface Material {
  readonly concepts: readonly { readonly name: string; readonly prompt: string }[];
  source(names: readonly string[]): PairSource;
}

function scenePool({ sceneCount: scenes, size, contextWidth }: PoolOptions): Material {
  // Scenes from 0 on: the targets' begin elsewhere.
  const source = (concepts: readonly string[]) =>
    sceneSource({
      concepts,
      firstSeed: 0,
      scenes: Math.max(1, Math.round(scenes / concepts.length)),
      size,
      contextWidth,
    });
  return { concepts: sceneConcepts, source };
}

async function folderPool({ data, heldOut, size, contextWidth }: PoolOptions): Promise<Material> {
  const { pairs } = await findPairs(data!);
  const { train } = splitPairs(pairs, heldOut);
  const prompts = new Map(train.map(({ concept, prompt }) => [concept ?? '', prompt ?? concept ?? '']));
  const source = (names: readonly string[]) => {
    const own = train.filter(({ concept }) => names.includes(concept ?? ''));
    return tolerantSource(folderSource({ pairs: own, size, contextWidth }), warn);
  };
  return { concepts: [...prompts].map(([name, prompt]) => ({ name, prompt })), source };
}

/** The concepts that bases may be trained on, with the features of their prompts. @throws UserError */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { concepts, source } = options.data === undefined ? scenePool(options) : await folderPool(options);
  const kept = concepts.filter(({ name }) => !options.exclude.includes(name));
  if (kept.length < 2)
    throw usageError(`the data holds ${kept.length} concepts besides the targets; bases need two or more`);
  return withPromptFeatures(options.features, async (prompts) => {
    const rows: Float32Array[] = [];
    for (const { prompt } of kept) rows.push(await prompts.of(prompt));
    return { names: kept.map(({ name }) => name), rows, features: prompts.name, source };
  });
}
