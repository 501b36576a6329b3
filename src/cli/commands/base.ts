import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type GeneratorConfig, generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import { writeDiscriminator, writeGenerator } from '../../model/network_file.ts';
import type { Arrays } from '../../model/weights.ts';
import type { Json } from '../../train/checkpoint.ts';
import { joinSources } from '../../train/join_sources.ts';
import type { PairSource, PromptedPair } from '../../train/loop.ts';
import { sceneSource } from '../../train/scene_source.ts';
import { sceneConcepts } from '../../train/scenes/scenes.ts';
import { Trainer } from '../../train/trainer.ts';
import { findPairs } from '../data/data_set.ts';
import type { Pair } from '../data/pair.ts';
import { openGpu } from '../device.ts';
import { usageError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { folderSource, splitPairs, tolerantSource } from '../folder_source.ts';
import { integer, text } from '../options.ts';
import { writeReport } from '../run/report.ts';
import { choicesOfRun, openRunFolder, type RunFolder } from '../run_folder.ts';
import { runSession } from '../session.ts';
import { STOP_CODES } from '../signals.ts';
import { addTrainOptions, runConfig, type TrainOptions } from '../train_options.ts';
import { architectureOf, discriminatorFor, initialise } from '../training.ts';
import { warn } from '../warn.ts';

interface BaseOptions extends TrainOptions {
  readonly preset: PresetName;
  readonly scenes: number;
  readonly concepts?: string;
  readonly exclude?: string;
  readonly data: readonly string[];
  readonly name: string;
}

// Scenes that training never sees, for previews and tests.
const HELD_OUT_SEED = 1_000_000;
const PREVIEWS_EACH = 6;

function chosenConcepts({ concepts, exclude }: BaseOptions): string[] {
  const known = sceneConcepts.map((c) => c.name);
  const list = (text: string | undefined, flag: string) => {
    const names = text?.split(',').map((n) => n.trim()) ?? [];
    const unknown = names.find((n) => !known.includes(n));
    if (unknown !== undefined)
      throw usageError(`${flag}: there is no scene concept ${unknown}; there are ${known.join(', ')}`);
    return names;
  };
  const excluded = list(exclude, '--exclude');
  return (concepts ? list(concepts, '--concepts') : known).filter((n) => !excluded.includes(n));
}

interface Material {
  readonly source: PairSource;
  readonly heldOut: readonly PromptedPair[];
}

/** Scenes are drawn at the crop's size, since they have no resolution of their own. */
function sceneMaterial(
  options: BaseOptions,
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

async function gather(
  options: BaseOptions,
  config: GeneratorConfig,
  concepts: readonly string[],
): Promise<Material> {
  const size = options.loadSize?.width ?? options.size.width;
  const contextWidth = config.context;
  const sources: PairSource[] = [];
  const heldOut: PromptedPair[] = [];
  for (const folder of options.data) {
    const { pairs } = await findPairs(folder);
    const split = splitPairs(pairs, options.heldOut);
    const shown = folderSource({ pairs: onePerConcept(split.heldOut), size, contextWidth });
    heldOut.push(...(await take(shown, PREVIEWS_EACH)));
    sources.push(tolerantSource(folderSource({ pairs: split.train, size, contextWidth }), warn));
  }
  if (options.scenes > 0 && concepts.length) {
    const { source, unseen } = sceneMaterial(options, contextWidth, concepts, size);
    sources.push(source);
    heldOut.push(...(await take(unseen, PREVIEWS_EACH)));
  }
  if (!sources.length) throw usageError('nothing to train on: --scenes is 0 and there is no --data');
  return { source: joinSources(sources), heldOut };
}

async function saveBase(run: RunFolder, trainer: Trainer, about: ReadonlyMap<string, string>): Promise<void> {
  const part = (arrays: Arrays, prefix: string) =>
    new Map(
      [...arrays].filter(([n]) => n.startsWith(prefix)).map(([n, a]) => [n.slice(prefix.length), a] as const),
    );
  const { weights } = await trainer.save();
  const { generator, discriminator } = trainer.config;
  const base = writeGenerator({ config: generator, weights: part(weights, 'generator.'), about });
  await writeAtomic(join(run.path, 'base.safetensors'), base);
  const judge = writeDiscriminator({
    config: discriminator,
    weights: part(weights, 'discriminator.'),
    about,
  });
  await writeAtomic(join(run.path, 'discriminator.safetensors'), judge);
}

async function trainBase(out: string, options: BaseOptions): Promise<number> {
  const generator = generatorPresets[options.preset];
  const concepts = options.scenes > 0 ? chosenConcepts(options) : [];
  const material = await gather(options, generator, concepts);
  const gpu = await openGpu(options, await choicesOfRun(out, options));
  let run: RunFolder | undefined;
  try {
    const config = runConfig('base', options, gpu.choices, { concepts });
    run = await openRunFolder(out, config, { fresh: options.fresh ?? false });
    const trainer = await Trainer.create(gpu, {
      generator,
      discriminator: discriminatorFor(generator),
      ranks: null,
      gan: options.gan,
      lambdaL1: options.lambdaL1,
      size: options.size.width,
      batch: options.batch,
      steps: options.steps,
      lr: options.lr,
    });
    initialise(trainer, { generator: null, discriminator: null, seed: options.seed });
    const { stopped } = await runSession({
      gpu,
      run,
      trainer,
      ...material,
      sampling: { count: material.source.count, seed: options.seed, flip: options.flip },
      architecture: architectureOf(trainer.config),
      config: config as Json,
      saveEvery: options.saveEvery,
      previewEvery: options.previewEvery,
      label: 'base',
    });
    if (stopped) return STOP_CODES[stopped];
    const about = new Map([
      ['e2gan.name', options.name],
      ['e2gan.concepts', concepts.join(',')],
      ['e2gan.steps', String(options.steps)],
    ]);
    await saveBase(run, trainer, about);
    await writeReport(run.path, { title: `Base ${options.name}`, config, results: [] });
    console.log(
      `${join(out, 'base.safetensors')}: ${trainer.generator.count} weights after ${options.steps} steps`,
    );
    return 0;
  } finally {
    gpu.close();
    await run?.release();
  }
}

/** `e2gan base OUT`: trains a base generator on many concepts, told apart by their prompts. */
export function baseCommand(): Command {
  const command = new Command('base')
    .description('train a base generator on many concepts: built-in scenes, folders of pairs, or both')
    .argument('<out>', 'run folder; the same command on it resumes')
    .addOption(
      new Option('--preset <name>', 'size of the generator')
        .choices(Object.keys(generatorPresets))
        .default('tiny'),
    )
    .addOption(
      new Option('--scenes <n>', 'built-in scenes, each under every concept')
        .argParser(integer({ min: 0, max: 1e6 }))
        .default(200),
    )
    .addOption(
      new Option('--concepts <list>', 'scene concepts, separated by commas (default: all)').argParser(text),
    )
    .addOption(new Option('--exclude <list>', 'scene concepts to leave out').argParser(text))
    .addOption(
      new Option('--data <folder>', 'folder of pairs; may be repeated')
        .argParser((value, all: string[]) => [...all, text(value)])
        .default([] as string[], 'none'),
    )
    .addOption(
      new Option('--name <text>', 'name to store in the file').argParser(text).default('e2gan-base'),
    );
  return addTrainOptions(command, { steps: 20_000, size: 64 }).action(
    async (out: string, options: BaseOptions) => {
      process.exitCode = await trainBase(out, options);
    },
  );
}
