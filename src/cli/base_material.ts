import type { GeneratorConfig } from '../model/generator_spec.ts';
import { joinSources } from '../train/join_sources.ts';
import type { PairSource, PromptedPair } from '../train/loop.ts';
import { sceneSource } from '../train/scene_source.ts';
import { sceneConcepts } from '../train/scenes/scenes.ts';
import type { ChosenConcepts } from './concept_pool.ts';
import { findPairs } from './data/data_set.ts';
import type { Pair } from './data/pair.ts';
import { usageError } from './errors.ts';
import { folderSource, splitPairs, tolerantSource } from './folder_source.ts';
import type { TrainOptions } from './train_options.ts';
import { warn } from './warn.ts';

/** What a base is made from, as commander parses it. */
export interface MaterialOptions extends TrainOptions {
  readonly scenes: number;
  readonly concepts?: string;
  readonly exclude?: string;
  readonly data: readonly string[];
}

/** Pairs to train on, and some that are not, for previews. */
export interface Material {
  readonly source: PairSource;
  readonly heldOut: readonly PromptedPair[];
}

// Scenes that training never sees, for previews and tests.
const HELD_OUT_SEED = 1_000_000;
const PREVIEWS_EACH = 6;

/** Names separated by commas. */
export const nameList = (text: string | undefined): string[] => text?.split(',').map((n) => n.trim()) ?? [];

const sceneNames = sceneConcepts.map((c) => c.name);

/** The scene concepts that `--concepts` and `--exclude` leave. @throws UserError naming an unknown one */
export function listedScenes({ concepts, exclude }: MaterialOptions): string[] {
  const list = (text: string | undefined, flag: string) => {
    const names = nameList(text);
    const unknown = names.find((n) => !sceneNames.includes(n));
    if (unknown !== undefined)
      throw usageError(`${flag}: there is no scene concept ${unknown}; there are ${sceneNames.join(', ')}`);
    return names;
  };
  const excluded = list(exclude, '--exclude');
  return (concepts ? list(concepts, '--concepts') : sceneNames).filter((n) => !excluded.includes(n));
}

/** Scenes are drawn at the crop's size, since they have no resolution of their own. */
function sceneMaterial(
  options: MaterialOptions,
  contextWidth: number,
  concepts: readonly string[],
  edge: number,
) {
  const selection = { concepts, contextWidth };
  return {
    source: sceneSource({ ...selection, firstSeed: 0, scenes: options.scenes, size: options.size.width }),
    unseen: sceneSource({ ...selection, firstSeed: HELD_OUT_SEED, scenes: 1, size: edge }),
  };
}

/** One held-out pair of each concept, for previews. */
function onePerConcept(pairs: readonly Pair[]): Pair[] {
  return [...new Map(pairs.map((pair) => [pair.concept, pair])).values()];
}

async function take(source: PairSource, count: number): Promise<PromptedPair[]> {
  const pairs: PromptedPair[] = [];
  for (let i = 0; i < Math.min(count, source.count); i++) pairs.push(await source.load(i));
  return pairs;
}

/** The pairs of the chosen concepts, each with its concept's prompt where the folder gives none. */
function pairsOfChosen(pairs: readonly Pair[], { chosen }: ChosenConcepts): Pair[] {
  const prompts = new Map(chosen.map(({ name, prompt }) => [name, prompt]));
  return pairs.flatMap((pair) => {
    const prompt = prompts.get(pair.concept ?? '');
    return prompt === undefined ? [] : [{ ...pair, prompt: pair.prompt ?? prompt }];
  });
}

/** Throws a UserError where there are neither scenes nor pairs of a chosen concept. */
function requirePairs({ chosen }: ChosenConcepts, scenes: readonly string[], folders: readonly Pair[][]) {
  const there = new Set([...scenes, ...folders.flat().map(({ concept }) => concept)]);
  const absent = chosen.map(({ name }) => name).filter((name) => !there.has(name));
  if (absent.length)
    throw usageError(
      `--concepts: no pairs of ${absent.length} chosen concepts (${absent.join(', ')}); make them (e2gan distill) and give their folder as --data, or leave them out by --exclude`,
    );
}

/**
 * Gathers pairs of built-in scenes and folders, mixed evenly by pair.
 *
 * @param chosen - concepts of a pool, or null for all that the folders hold
 * @param scenes - names of scene concepts
 * @throws UserError
 */
export async function gatherMaterial(
  options: MaterialOptions,
  config: GeneratorConfig,
  scenes: readonly string[],
  chosen: ChosenConcepts | null,
): Promise<Material> {
  const size = options.loadSize?.width ?? options.size.width;
  const contextWidth = config.context;
  const sources: PairSource[] = [];
  const heldOut: PromptedPair[] = [];
  const folders: Pair[][] = [];
  for (const folder of options.data) {
    const { pairs } = await findPairs(folder);
    folders.push(chosen ? pairsOfChosen(pairs, chosen) : [...pairs]);
  }
  if (chosen) requirePairs(chosen, scenes, folders);
  for (const pairs of folders.filter((f) => f.length > 0)) {
    const split = splitPairs(pairs, options.heldOut);
    const shown = folderSource({ pairs: onePerConcept(split.heldOut), size, contextWidth });
    heldOut.push(...(await take(shown, PREVIEWS_EACH)));
    sources.push(tolerantSource(folderSource({ pairs: split.train, size, contextWidth }), warn));
  }
  if (options.scenes > 0 && scenes.length) {
    const { source, unseen } = sceneMaterial(options, contextWidth, scenes, size);
    sources.push(source);
    heldOut.push(...(await take(unseen, PREVIEWS_EACH)));
  }
  if (!sources.length) throw usageError('nothing to train on: --scenes is 0 and there is no --data');
  return { source: joinSources(sources), heldOut };
}

/** The chosen concepts that are built-in scenes. */
export const chosenScenes = ({ chosen }: ChosenConcepts): string[] =>
  chosen.map(({ name }) => name).filter((name) => sceneNames.includes(name));
