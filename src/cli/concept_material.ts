import { type Command, Option } from 'commander';
import type { PairSource, PromptedPair } from '../train/loop.ts';
import { sceneSource } from '../train/scene_source.ts';
import { sceneConcepts } from '../train/scenes/scenes.ts';
import { findPairs } from './data/data_set.ts';
import { usageError } from './errors.ts';
import { folderSource, pairsOfConcept, splitPairs } from './folder_source.ts';
import { integer, text } from './options.ts';
import type { TrainOptions } from './train_options.ts';

/** Where one concept's pairs come from, as commander parses it. */
export interface ConceptOptions extends TrainOptions {
  readonly data?: string;
  readonly scenes?: string;
  readonly sceneCount: number;
  readonly concept?: string;
  readonly prompt?: string;
}

/** Adds the options that name pairs. */
export const addPairOptions = (command: Command): Command =>
  command
    .addOption(new Option('--data <folder>', 'folder of before/after pairs').argParser(text))
    .addOption(new Option('--scenes <concept>', 'built-in scenes under this concept instead').argParser(text))
    .addOption(
      new Option('--scene-count <n>', 'built-in scenes to train on')
        .argParser(integer({ min: 1, max: 1e5 }))
        .default(100),
    );

/** The option that names the concept of a folder. */
export const conceptOption = (): Option =>
  new Option('--concept <name>', 'which concept of the folder').argParser(text);

/** Pairs of one concept to train on, and those that judge what came of it. */
export interface ConceptMaterial {
  readonly concept: string;
  readonly prompt: string;
  readonly source: PairSource;
  readonly heldOut: readonly PromptedPair[];
}

// Scenes that no base has been trained on.
const FIRST_SEED = 500_000;
const HELD_OUT_SEED = 1_000_000;
const HELD_OUT_SCENES = 24;

async function all(source: PairSource): Promise<PromptedPair[]> {
  const pairs: PromptedPair[] = [];
  for (let i = 0; i < source.count; i++) pairs.push(await source.load(i));
  return pairs;
}

/** Pairs of one concept of the built-in scenes. @throws UserError naming an unknown concept */
export async function sceneMaterial(
  name: string,
  scenes: number,
  heldOut: number,
  size: number,
  contextWidth: number,
): Promise<ConceptMaterial> {
  const concept = sceneConcepts.find((c) => c.name === name);
  if (!concept)
    throw usageError(
      `--scenes: there is no concept ${name}; there are ${sceneConcepts.map((c) => c.name).join(', ')}`,
    );
  const selection = { concepts: [name], size, contextWidth };
  const unseen = sceneSource({ ...selection, firstSeed: HELD_OUT_SEED, scenes: heldOut });
  const source = sceneSource({ ...selection, firstSeed: FIRST_SEED, scenes });
  return { concept: name, prompt: concept.prompt, source, heldOut: await all(unseen) };
}

async function folderMaterial(options: ConceptOptions, contextWidth: number): Promise<ConceptMaterial> {
  const { pairs } = await findPairs(options.data!);
  const own = pairsOfConcept(pairs, options.concept);
  const { train, heldOut } = splitPairs(own, options.heldOut);
  if (!train.length)
    throw usageError(`--held-out ${options.heldOut}: leaves none of ${own.length} pairs to train on`);
  const concept = options.concept ?? own[0]!.concept ?? 'concept';
  const prompt = options.prompt ?? own[0]!.prompt ?? concept;
  // Training sees crops of `--size`; the held-out pictures are judged whole.
  const selection = { contextWidth, prompt, size: options.loadSize?.width ?? options.size.width };
  const source = folderSource({ ...selection, pairs: train });
  return {
    concept,
    prompt,
    source,
    heldOut: await all(folderSource({ ...selection, pairs: heldOut })),
  };
}

/**
 * The pairs that a command names.
 *
 * @param contextWidth - values per token of the prompt that its network reads
 * @throws UserError
 */
export function gatherConcept(options: ConceptOptions, contextWidth: number): Promise<ConceptMaterial> {
  if ((options.data === undefined) === (options.scenes === undefined))
    throw usageError('give either --data FOLDER or --scenes CONCEPT');
  if (options.data !== undefined) return folderMaterial(options, contextWidth);
  const heldOut = options.heldOut || HELD_OUT_SCENES;
  return sceneMaterial(options.scenes!, options.sceneCount, heldOut, options.size.width, contextWidth);
}
