import { type Command, Option } from 'commander';
import type { Gpu } from '../../runtime/gpu.ts';
import type { PromptedPair } from '../../train/loop.ts';
import { nameList } from '../base_material.ts';
import { type BaseModel, SHIPPED_BASE } from '../base_model.ts';
import { sceneMaterial } from '../concept_material.ts';
import { findPairs } from '../data/data_set.ts';
import type { Pair } from '../data/pair.ts';
import { usageError } from '../errors.ts';
import { type FeatureChoice, featuresOption } from '../features.ts';
import { folderSource, pairsOfConcept, splitPairs, tolerantSource } from '../folder_source.ts';
import { integer, text } from '../options.ts';
import type { RunFolder } from '../run_folder.ts';
import { addTrainOptions, type TrainOptions } from '../train_options.ts';
import { warn } from '../warn.ts';
import { Judge, MEASURES, type Measure } from './judge.ts';
import type { ConceptPairs, TrialBench, TrialStart, TrialTraining } from './trial.ts';
import { TrialLog } from './trial_log.ts';

/** `--base`, for commands that begin with one. */
export const baseOption = (): Option =>
  new Option('--base <file>', 'base generator').argParser(text).default(SHIPPED_BASE, 'the shipped one');

/** Options of commands that compare trainings, as commander parses them. */
export interface TrialOptions extends TrainOptions {
  readonly data?: string;
  readonly scenes?: string;
  readonly concepts?: string;
  readonly sceneCount: number;
  readonly repeats: number;
  readonly measure: Measure;
  readonly features: FeatureChoice;
}

/** Adds them. @param defaults - steps of a trial, edge of the crops, repeats */
export function addTrialOptions(
  command: Command,
  defaults: { steps: number; size: number; repeats: number },
): Command {
  command
    .addOption(new Option('--data <folder>', 'folder of before/after pairs').argParser(text))
    .addOption(new Option('--concepts <list>', 'concepts of the folder (default: all)').argParser(text))
    .addOption(new Option('--scenes <list>', 'built-in scenes under these concepts instead').argParser(text))
    .addOption(
      new Option('--scene-count <n>', 'built-in scenes to train on')
        .argParser(integer({ min: 1, max: 1e5 }))
        .default(100),
    )
    .addOption(
      new Option('--repeats <n>', 'trainings of each kind and concept, each with its own seed')
        .argParser(integer({ min: 1, max: 100 }))
        .default(defaults.repeats),
    )
    .addOption(
      new Option('--measure <which>', 'what trials are compared by').choices([...MEASURES]).default('fid'),
    )
    .addOption(featuresOption('that fid and kid compare'));
  return addTrainOptions(command, defaults);
}

/** Held-out pairs by default: so many give a Fréchet distance with the stand-in features. */
export const HELD_OUT = 64;

async function every(source: ReturnType<typeof folderSource>): Promise<PromptedPair[]> {
  const pairs: PromptedPair[] = [];
  for (let i = 0; i < source.count; i++) pairs.push(await source.load(i));
  return pairs;
}

/** One concept of a folder. @throws UserError where nothing is left to train on or to judge by */
async function folderPairs(
  all: readonly Pair[],
  concept: string | undefined,
  options: Pick<TrialOptions, 'heldOut' | 'size' | 'loadSize'>,
  contextWidth: number,
): Promise<ConceptPairs> {
  const own = pairsOfConcept(all, concept);
  const { train, heldOut } = splitPairs(own, options.heldOut || HELD_OUT);
  const name = concept ?? own[0]!.concept ?? 'concept';
  if (!train.length || !heldOut.length)
    throw usageError(
      `--held-out: ${name} has ${own.length} pairs, ${train.length} to train on and ${heldOut.length} to judge by; both are needed`,
    );
  const prompt = own[0]!.prompt ?? name;
  const selection = { contextWidth, prompt, size: options.loadSize?.width ?? options.size.width };
  return {
    concept: name,
    picked: null,
    source: tolerantSource(folderSource({ ...selection, pairs: train }), warn),
    heldOut: await every(folderSource({ ...selection, pairs: heldOut })),
  };
}

/** Pairs of the concepts that the options name, of scenes or of a folder. @throws UserError */
export async function conceptPairs(
  options: Omit<TrialOptions, 'repeats' | 'measure' | 'features'>,
  contextWidth: number,
): Promise<ConceptPairs[]> {
  const { data, scenes, concepts, sceneCount, heldOut, size } = options;
  if ((data === undefined) === (scenes === undefined))
    throw usageError('give either --data FOLDER or --scenes CONCEPT,CONCEPT');
  if (scenes !== undefined) {
    const materials: ConceptPairs[] = [];
    for (const name of nameList(scenes)) {
      const material = await sceneMaterial(name, sceneCount, heldOut || HELD_OUT, size.width, contextWidth);
      materials.push({ ...material, picked: null });
    }
    return materials;
  }
  const { pairs } = await findPairs(data!);
  const there = [...new Set(pairs.map(({ concept }) => concept))];
  const wanted = concepts === undefined ? there : nameList(concepts);
  const found: ConceptPairs[] = [];
  for (const name of wanted) found.push(await folderPairs(pairs, name, options, contextWidth));
  return found;
}

/** How all trials train. */
export const trainingOf = ({ gan, lambdaL1, size, batch, lr, flip }: TrainOptions): TrialTraining => ({
  ...{ gan, lambdaL1, batch, lr, flip },
  size: size.width,
});

/** A judge of edits; checks that the held-out pairs give the measure. @throws UserError */
export async function openJudge(
  gpu: Gpu,
  { features, measure }: Pick<TrialOptions, 'features' | 'measure'>,
  concepts: readonly ConceptPairs[],
): Promise<Judge> {
  const judge = await Judge.open(gpu, features);
  for (const { heldOut } of concepts) judge.require(measure, heldOut.length);
  return judge;
}

/** Where trials run. @throws UserError where the folder's log cannot be read */
export const openBench = async (gpu: Gpu, run: RunFolder, judge: Judge): Promise<TrialBench> => ({
  ...{ gpu, judge },
  folder: run.path,
  log: await TrialLog.open(run.file('trials.json')),
});

/** A base as trials start from it. */
export const startOf = ({ sha256, generator, discriminator }: BaseModel): TrialStart => ({
  id: sha256,
  generator: generator.weights,
  discriminator: discriminator?.weights ?? null,
});

/** Seeds of the repeats. */
export const seedsOf = ({ seed, repeats }: Pick<TrialOptions, 'seed' | 'repeats'>): number[] =>
  Array.from({ length: repeats }, (_, i) => (seed + i) % 2 ** 32);

/** A text as part of a folder's name. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|-+$/g, '') || 'x';
