import { Command, InvalidArgumentError, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import { nameList } from '../base_material.ts';
import { BASELINES, type BaselineName, baselineDesign, checkLoadSize } from '../baseline_networks.ts';
import { deviceLine } from '../device.ts';
import { usageError } from '../errors.ts';
import { choiceText } from '../features.ts';
import { onRunDevice } from '../lasting_device.ts';
import { decimal, integer } from '../options.ts';
import { openRunFolder, type RunFolder } from '../run_folder.ts';
import { exitCodeOf } from '../signals.ts';
import { openPool } from '../study/pool.ts';
import { writeStudy } from '../study/report.ts';
import { basesSection } from '../study/section_bases.ts';
import { dataSection } from '../study/section_data.ts';
import { methodsSection } from '../study/section_methods.ts';
import { ranksSection } from '../study/section_ranks.ts';
import type { Section, Study } from '../study/study.ts';
import { runConfig } from '../train_options.ts';
import {
  addTrialOptions,
  conceptPairs,
  HELD_OUT,
  openBench,
  openJudge,
  seedsOf,
  type TrialOptions,
  trainingOf,
} from '../trials/trial_options.ts';

interface StudyOptions extends TrialOptions {
  readonly preset: PresetName;
  readonly k: number;
  readonly baseSteps: number;
  readonly fullLr: number;
  readonly scratchSteps?: number;
  readonly searchSteps?: number;
  readonly proxies: number;
  readonly pairs?: number;
  readonly baselines: readonly BaselineName[];
}

/** From random weights training gets so many times the steps of an adapter. */
const SCRATCH = 5;

/** Everything that is compared, from the options. @throws UserError */
async function gatherStudy(options: StudyOptions): Promise<Omit<Study, 'bench'>> {
  const { preset, data, sceneCount, heldOut, size, loadSize, features, measure, steps, k } = options;
  const generator = generatorPresets[preset];
  const contextWidth = generator.context;
  const edge = loadSize?.width ?? size.width;
  for (const name of options.baselines)
    checkLoadSize(name, baselineDesign(name, generator.width, size.width), size.width, edge);
  const targets = await conceptPairs(options, contextWidth);
  const exclude = targets.map(({ concept }) => concept);
  const material = { sceneCount: sceneCount * k, heldOut: heldOut || HELD_OUT, size: edge, contextWidth };
  const pool = await openPool({ ...material, features, exclude, ...(data === undefined ? {} : { data }) });
  if (k > pool.names.length)
    throw usageError(`--k ${k}: there are ${pool.names.length} concepts besides the targets`);
  const stand = pool.names.slice(0, options.proxies).join(',');
  const proxies = await conceptPairs(
    { ...options, ...(data === undefined ? { scenes: stand } : { concepts: stand }) },
    contextWidth,
  );
  const least = Math.min(...targets.map(({ source }) => source.count));
  return {
    ...{ preset, generator, targets, proxies, pool, k, measure, features },
    seeds: seedsOf(options),
    training: trainingOf(options),
    fullRate: options.fullLr,
    steps: {
      base: options.baseSteps,
      tune: steps,
      scratch: options.scratchSteps ?? SCRATCH * steps,
      search: options.searchSteps ?? Math.ceil(steps / 2),
    },
    pairs: options.pairs ?? Math.max(1, Math.floor(least / 4)),
    baselines: options.baselines,
  };
}

async function runStudy(out: string, options: StudyOptions): Promise<number> {
  return onRunDevice(out, options, async (gpu, fresh) => {
    let run: RunFolder | undefined;
    try {
      const config = runConfig('study', options, gpu.choices, { features: choiceText(options.features) });
      const parts = await gatherStudy(options);
      const judge = await openJudge(gpu, options, parts.targets);
      run = await openRunFolder(out, config, { fresh });
      const study = { ...parts, bench: await openBench(gpu, run, judge) };
      const sections: Section[] = [];
      for (const part of [methodsSection, basesSection, ranksSection, dataSection])
        sections.push(await part(study));
      const about = [
        `Preset ${study.preset}, ${study.training.size}x${study.training.size} pixels, on ${deviceLine(gpu)}. Scores compare edits with the targets of ${study.targets[0]!.heldOut.length} held-out pairs of each concept; FID and KID are of features "${judge.features}", so they compare with each other only. Seeds: ${study.seeds.join(', ')}. The trainings that it compares took ${(study.bench.log.seconds / 60).toFixed(0)} minutes in all, those of bases not counted.`,
      ];
      await writeStudy(run, { title: `Study: ${study.preset}`, about, sections, config });
      for (const { claim, verdict } of sections.flatMap((s) => s.claims)) console.log(`${verdict}: ${claim}`);
      console.log(`${run.file('report.html')}, ${run.file('study.md')}`);
      return 0;
    } finally {
      await run?.release();
    }
  });
}

/** A parser of baselines, separated by commas; `none` for none. */
function baselineList(value: string): BaselineName[] {
  const names = value === 'none' ? [] : nameList(value);
  const unknown = names.find((name) => !BASELINES.some((one) => one === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no ${unknown}; there are ${BASELINES.join(', ')} and none`);
  return BASELINES.filter((name) => names.includes(name));
}

const count = (flags: string, what: string) =>
  new Option(flags, what).argParser(integer({ min: 1, max: 1e9 }));

/** `e2gan study OUT`: the paper's comparisons on one's own data. */
export function studyCommand(): Command {
  const command = new Command('study')
    .description(
      'the comparisons of the E2GAN paper on these pairs, as one report; the concepts given are the targets',
    )
    .argument('<out>', 'run folder; the same command on it goes on')
    .addOption(
      new Option('--preset <name>', 'size of the generator')
        .choices(Object.keys(generatorPresets))
        .default('tiny'),
    )
    .addOption(count('--k <n>', 'concepts of a base').default(8))
    .addOption(count('--base-steps <n>', 'steps of a base').default(1000))
    .addOption(
      new Option('--full-lr <x>', "Adam's learning rate where all weights are trained; --lr is the adapters'")
        .argParser(decimal({ min: 1e-8, max: 1 }))
        .default(1e-3),
    )
    .addOption(count('--scratch-steps <n>', `steps from random weights (default: ${SCRATCH} times --steps)`))
    .addOption(count('--search-steps <n>', 'steps of a trial of the rank search (default: half of --steps)'))
    .addOption(count('--proxies <n>', 'concepts that ranks are searched on').default(2))
    .addOption(count('--pairs <n>', 'pairs of the small sets (default: a quarter of all)'))
    .addOption(
      new Option('--baselines <list>', 'networks to hold it against, or none')
        .argParser(baselineList)
        .default(BASELINES, BASELINES.join(',')),
    );
  return addTrialOptions(command, { steps: 150, size: 64, repeats: 2 }).action(
    async (out: string, options: StudyOptions) => {
      process.exitCode = await exitCodeOf(() => runStudy(out, options));
    },
  );
}
