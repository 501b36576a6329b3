import { join } from 'node:path';
import { Command, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import {
  chosenScenes,
  gatherMaterial,
  listedScenes,
  type MaterialOptions,
  nameList,
} from '../base_material.ts';
import { trainBase } from '../base_training.ts';
import { type ChosenConcepts, chooseConcepts, conceptsJson, conceptsTable } from '../concept_pool.ts';
import { usageError } from '../errors.ts';
import { type FeatureChoice, featuresOption } from '../features.ts';
import { writeAtomic } from '../files.ts';
import { onRunDevice } from '../lasting_device.ts';
import { integer, text } from '../options.ts';
import { writeReport } from '../run/report.ts';
import { openRunFolder, type RunFolder } from '../run_folder.ts';
import { STOP_CODES } from '../signals.ts';
import { addTrainOptions, runConfig } from '../train_options.ts';

interface BaseOptions extends MaterialOptions {
  readonly preset: PresetName;
  readonly name: string;
  readonly k?: number;
  readonly features: FeatureChoice;
}

const DEFAULT_K = 20;

/** What `--concepts` comes to: names to train on, and how they were chosen where it is a pool. */
interface Concepts {
  readonly names: readonly string[];
  readonly scenes: readonly string[];
  readonly chosen: ChosenConcepts | null;
}

async function conceptsOf(options: BaseOptions): Promise<Concepts> {
  const { concepts, exclude, features, seed, scenes } = options;
  if (concepts?.endsWith('.json')) {
    const pool = { path: concepts, k: options.k ?? DEFAULT_K, features, seed, exclude: nameList(exclude) };
    const chosen = await chooseConcepts(pool);
    const names = chosen.chosen.map(({ name }) => name);
    return { names, scenes: scenes > 0 ? chosenScenes(chosen) : [], chosen };
  }
  if (options.k !== undefined) throw usageError('--k: goes with a pool of concepts, --concepts FILE.json');
  const names = scenes > 0 ? listedScenes(options) : [];
  return { names, scenes: names, chosen: null };
}

async function saveConcepts(run: RunFolder, chosen: ChosenConcepts): Promise<void> {
  await writeAtomic(run.file('concepts.json'), conceptsJson(chosen));
  await writeAtomic(run.file('concepts.svg'), chosen.svg);
  const { title, rows } = conceptsTable(chosen);
  console.log(`${title}: ${rows.map(([name]) => name).join(', ')}; map: ${run.file('concepts.svg')}`);
}

async function runBase(out: string, options: BaseOptions): Promise<number> {
  const generator = generatorPresets[options.preset];
  const { names, scenes, chosen } = await conceptsOf(options);
  const material = await gatherMaterial(options, generator, scenes, chosen);
  return onRunDevice(out, options, async (gpu, fresh) => {
    let run: RunFolder | undefined;
    try {
      const settings = { concepts: names, features: chosen?.features };
      const config = runConfig('base', options, gpu.choices, settings);
      run = await openRunFolder(out, config, { fresh });
      if (chosen) await saveConcepts(run, chosen);
      const about = new Map([
        ['e2gan.name', options.name],
        ['e2gan.concepts', names.join(',')],
        ['e2gan.steps', String(options.steps)],
      ]);
      const { gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery } = options;
      const training = { gan, lambdaL1, batch, steps, lr, flip, seed, saveEvery, previewEvery };
      const job = { generator, ...material, ...training, size: options.size.width, config, about };
      const made = await trainBase(gpu, run, job);
      if (made.stopped) return STOP_CODES[made.stopped];
      await writeReport(run.path, {
        title: `Base ${options.name}`,
        config,
        results: chosen ? [conceptsTable(chosen)] : [],
      });
      console.log(`${join(out, 'base.safetensors')}: ${made.weights} weights after ${options.steps} steps`);
      return 0;
    } finally {
      await run?.release();
    }
  });
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
      new Option(
        '--concepts <list>',
        'scene concepts, separated by commas (default: all); or a pool, FILE.json, to choose --k of',
      ).argParser(text),
    )
    .addOption(
      new Option(
        '--k <n>',
        `how many concepts of a pool: as many clusters (default: ${DEFAULT_K})`,
      ).argParser(integer({ min: 1, max: 1e4 })),
    )
    .addOption(featuresOption("that a pool's prompts are clustered by"))
    .addOption(new Option('--exclude <list>', 'concepts to leave out').argParser(text))
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
      process.exitCode = await runBase(out, options);
    },
  );
}
