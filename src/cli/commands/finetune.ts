import { Command, Option } from 'commander';
import type { PairSource, PromptedPair } from '../../train/loop.ts';
import { sceneSource } from '../../train/scene_source.ts';
import { sceneConcepts } from '../../train/scenes/scenes.ts';
import { type BaseModel, readBaseModel, SHIPPED_BASE } from '../base_model.ts';
import { findPairs } from '../data/data_set.ts';
import { openGpu } from '../device.ts';
import { messageOf, usageError } from '../errors.ts';
import {
  type FinetuneJob,
  type FinetuneResult,
  finetune,
  QUALITY_COLUMNS,
  qualityRows,
} from '../finetune.ts';
import { folderSource, pairsOfConcept, splitPairs, tolerantSource } from '../folder_source.ts';
import { integer, text } from '../options.ts';
import { addPickOptions, type PickOptions, pickPairs } from '../pick.ts';
import { parseRanks } from '../rank_option.ts';
import { choicesOfRun, openRunFolder } from '../run_folder.ts';
import { STOP_CODES } from '../signals.ts';
import { printTable } from '../table.ts';
import { addTrainOptions, runConfig, type TrainOptions } from '../train_options.ts';
import { warn } from '../warn.ts';

interface FinetuneOptions extends TrainOptions, PickOptions {
  readonly base: string;
  readonly data?: string;
  readonly scenes?: string;
  readonly sceneCount: number;
  readonly concept?: string;
  readonly prompt?: string;
  readonly ranks?: string;
  readonly full?: boolean;
}

interface Material {
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
): Promise<Material> {
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

async function folderMaterial(options: FinetuneOptions, base: BaseModel): Promise<Material> {
  const { pairs } = await findPairs(options.data!);
  const own = pairsOfConcept(pairs, options.concept);
  const { train, heldOut } = splitPairs(own, options.heldOut);
  if (!train.length)
    throw usageError(`--held-out ${options.heldOut}: leaves none of ${own.length} pairs to train on`);
  const contextWidth = base.generator.config.context;
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

function gather(options: FinetuneOptions, base: BaseModel): Promise<Material> {
  if ((options.data === undefined) === (options.scenes === undefined))
    throw usageError('give either --data FOLDER or --scenes CONCEPT');
  if (options.data !== undefined) return folderMaterial(options, base);
  const heldOut = options.heldOut || HELD_OUT_SCENES;
  return sceneMaterial(
    options.scenes!,
    options.sceneCount,
    heldOut,
    options.size.width,
    base.generator.config.context,
  );
}

function ranksOf(options: FinetuneOptions, base: BaseModel): FinetuneJob['ranks'] {
  if (options.full && options.ranks) throw usageError('--full trains all weights: it takes no --ranks');
  if (options.full) return null;
  try {
    return parseRanks(options.ranks, base.generator.config);
  } catch (error) {
    throw usageError(`--ranks: ${messageOf(error)}`);
  }
}

/** Prints what was made and how good it is. */
export function printResult(out: string, { weights, quality }: FinetuneResult): void {
  const share = ((100 * weights.trained) / weights.model).toFixed(2);
  console.log(
    `${out}: ${weights.trained} trained weights (${share} % of the model's ${weights.model}), ${weights.bytes} bytes`,
  );
  if (quality) printTable(QUALITY_COLUMNS, qualityRows(quality));
}

async function run(out: string, options: FinetuneOptions): Promise<number> {
  const base = await readBaseModel(options.base);
  const ranks = ranksOf(options, base);
  const material = await gather(options, base);
  const picked = await pickPairs(material.source, options, options.seed);
  const { data, scenes, sceneCount, gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery } =
    options;
  const gpu = await openGpu(options, await choicesOfRun(out, options));
  if (picked.note) console.log(picked.note);
  try {
    const config = runConfig('finetune', options, gpu.choices, {
      base: base.sha256,
      ranks: ranks && Object.fromEntries(ranks),
      concept: material.concept,
      data,
      scenes,
      sceneCount,
      pairs: undefined,
      pick: undefined,
      features: undefined,
      ...picked.about,
    });
    const training = { gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery };
    const source = tolerantSource(picked.source, warn);
    const job = { base, ranks, ...training, config, size: options.size.width, ...material, source };
    const folder = await openRunFolder(out, config, { fresh: options.fresh ?? false });
    const result = await finetune(gpu, folder, job).finally(() => folder.release());
    if (result.stopped) return STOP_CODES[result.stopped];
    printResult(out, result);
    return 0;
  } finally {
    gpu.close();
  }
}

/** `e2gan finetune OUT`: learns one concept as a LoRA adapter. */
export function finetuneCommand(): Command {
  const command = new Command('finetune')
    .description('learn one concept from pairs as a small adapter on a base generator')
    .argument('<out>', 'run folder; gets the adapter; the same command on it resumes')
    .addOption(new Option('--data <folder>', 'folder of before/after pairs').argParser(text))
    .addOption(new Option('--scenes <concept>', 'built-in scenes under this concept instead').argParser(text))
    .addOption(
      new Option('--scene-count <n>', 'built-in scenes to train on')
        .argParser(integer({ min: 1, max: 1e5 }))
        .default(100),
    )
    .addOption(
      new Option('--base <file>', 'base generator').argParser(text).default(SHIPPED_BASE, 'the shipped one'),
    )
    .addOption(new Option('--concept <name>', 'which concept of the folder').argParser(text))
    .addOption(
      new Option(
        '--prompt <text>',
        'text that conditions the generator (default: the folder’s, else the concept)',
      ).argParser(text),
    )
    .addOption(
      new Option(
        '--ranks <list>',
        'layer=rank,... (default: 8 on sampling layers, 1 on the transformer)',
      ).argParser(text),
    )
    .option('--full', 'train all weights of the generator instead of an adapter');
  return addTrainOptions(addPickOptions(command), { steps: 1000, size: 64 }).action(
    async (out: string, options: FinetuneOptions) => {
      process.exitCode = await run(out, options);
    },
  );
}
