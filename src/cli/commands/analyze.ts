import { Command, Option } from 'commander';
import { e2ganNetwork } from '../../model/generator_network.ts';
import type { LayerGroup } from '../../model/generator_spec.ts';
import { discriminatorFor } from '../../train/first_weights.ts';
import { crucialGroups, type GroupVerdict } from '../../train/method/crucial_layers.ts';
import { groupLayers, groupWeights, LAYER_GROUPS } from '../../train/method/layer_groups.ts';
import { readBaseModel } from '../base_model.ts';
import { choiceText } from '../features.ts';
import { barsSvg } from '../figures/bars.ts';
import { writeAtomic } from '../files.ts';
import { onRunDevice } from '../lasting_device.ts';
import { decimal } from '../options.ts';
import { writeReport } from '../run/report.ts';
import { openRunFolder, type RunFolder } from '../run_folder.ts';
import { exitCodeOf } from '../signals.ts';
import { printTable } from '../table.ts';
import { runConfig } from '../train_options.ts';
import { type Measure, measured } from '../trials/judge.ts';
import { meanOf } from '../trials/mean.ts';
import { runTrial, type Trial, type TrialBench } from '../trials/trial.ts';
import {
  addTrialOptions,
  baseOption,
  conceptPairs,
  openBench,
  openJudge,
  seedsOf,
  slug,
  startOf,
  type TrialOptions,
  trainingOf,
} from '../trials/trial_options.ts';

interface AnalyzeOptions extends TrialOptions {
  readonly base: string;
  readonly tolerance: number;
}

/** What is trained of the generator in one kind of trial. */
interface Variant {
  readonly name: string;
  readonly frozen: ReadonlySet<string>;
  readonly steps: number;
}

/** Trials that the analysis rests on: no training, all layers, all but a group, only a group. */
function variantsOf(steps: number, layers: ReadonlyMap<LayerGroup, readonly string[]>): Variant[] {
  const all = [...layers.values()].flat();
  const but = (kept: readonly string[]) => new Set(all.filter((path) => !kept.includes(path)));
  return [
    { name: 'untuned', frozen: new Set(), steps: 0 },
    { name: 'all', frozen: new Set(), steps },
    ...[...layers].map(([group, paths]) => ({ name: `without-${group}`, frozen: new Set(paths), steps })),
    ...[...layers].map(([group, paths]) => ({ name: `only-${group}`, frozen: but(paths), steps })),
  ];
}

/** Mean of the measure over concepts and seeds, by variant. */
async function measureVariants(
  bench: TrialBench,
  variants: readonly Variant[],
  concepts: readonly Trial['pairs'][],
  seeds: readonly number[],
  common: Omit<Trial, 'name' | 'pairs' | 'steps' | 'seed' | 'ranks'>,
  measure: Measure,
): Promise<Map<string, number>> {
  const means = new Map<string, number>();
  for (const { name, frozen, steps } of variants) {
    const values: number[] = [];
    for (const pairs of concepts)
      for (const seed of seeds) {
        const trial = { ...common, pairs, frozen, steps, seed, ranks: null };
        const { score } = await runTrial(bench, { ...trial, name: `${name}-${slug(pairs.concept)}-${seed}` });
        values.push(measured(score, measure));
      }
    means.set(name, meanOf(values).mean);
  }
  return means;
}

const COLUMNS = [
  'group',
  'weights',
  'without it',
  'only it',
  'lost %',
  'won per million',
  'crucial',
] as const;

const rowsOf = (verdicts: readonly GroupVerdict[]) =>
  verdicts.map(({ group, weights, frozen, alone, loss, gainPerMillion, crucial }) => [
    ...[group, weights, frozen.toPrecision(4), alone.toPrecision(4)],
    ...[(100 * loss).toFixed(1), gainPerMillion.toPrecision(3), crucial ? 'yes' : 'no'],
  ]);

async function save(
  run: RunFolder,
  config: Readonly<Record<string, unknown>>,
  verdicts: readonly GroupVerdict[],
  means: ReadonlyMap<string, number>,
  measure: string,
): Promise<void> {
  const [untuned, full] = [means.get('untuned')!, means.get('all')!];
  const crucial = verdicts.filter((v) => v.crucial).map(({ group }) => group);
  const json = { measure, untuned, full, groups: verdicts, crucial };
  await writeAtomic(run.file('analysis.json'), `${JSON.stringify(json, null, 2)}\n`);
  const svg = barsSvg({
    title: `What training all but a group of layers, or only it, comes to: ${measure}, the lower the better`,
    axis: measure.split(' ')[0]!,
    labels: verdicts.map(({ group }) => group),
    series: [
      { name: 'all but this', values: verdicts.map(({ frozen }) => frozen) },
      { name: 'only this', values: verdicts.map(({ alone }) => alone) },
    ],
    lines: [
      { name: 'untuned', value: untuned },
      { name: 'all trained', value: full },
    ],
  });
  await writeAtomic(run.file('analysis.svg'), svg);
  const title = `Groups of layers: ${measure}; untuned ${untuned.toPrecision(4)}, all trained ${full.toPrecision(4)}`;
  const results = [{ title, columns: COLUMNS, rows: rowsOf(verdicts) }];
  await writeReport(run.path, { title: 'Crucial layers', config, results, figures: [svg] });
  console.log(title);
  printTable(COLUMNS, rowsOf(verdicts));
  console.log(`crucial: ${crucial.join(', ')}; ${run.file('analysis.svg')}, ${run.file('report.html')}`);
}

async function analyze(out: string, options: AnalyzeOptions): Promise<number> {
  const base = await readBaseModel(options.base);
  const { config: generator } = base.generator;
  const network = e2ganNetwork(generator);
  const concepts = await conceptPairs(options, generator.context);
  return onRunDevice(out, options, async (gpu, fresh) => {
    let run: RunFolder | undefined;
    try {
      const rest = {
        base: base.sha256,
        concepts: concepts.map(({ concept }) => concept),
        features: choiceText(options.features),
      };
      const config = runConfig('analyze', options, gpu.choices, rest);
      const judge = await openJudge(gpu, options, concepts);
      run = await openRunFolder(out, config, { fresh });
      const bench = await openBench(gpu, run, judge);
      const common = {
        network,
        discriminator: base.discriminator?.config ?? discriminatorFor(generator),
        start: startOf(base),
        training: trainingOf(options),
      };
      const variants = variantsOf(options.steps, groupLayers(generator));
      const { measure } = options;
      const means = await measureVariants(bench, variants, concepts, seedsOf(options), common, measure);
      const weights = groupWeights(generator);
      const evidence = LAYER_GROUPS.map((group) => ({
        group,
        weights: weights.get(group)!,
        frozen: means.get(`without-${group}`)!,
        alone: means.get(`only-${group}`)!,
      }));
      const bounds = {
        untuned: means.get('untuned')!,
        full: means.get('all')!,
        tolerance: options.tolerance,
      };
      const label = `${measure} (${measure === 'l1' ? 'mean absolute difference' : bench.judge.features})`;
      await save(run, config, crucialGroups(evidence, bounds), means, label);
      return 0;
    } finally {
      await run?.release();
    }
  });
}

/** `e2gan analyze OUT`: which groups of layers a new concept has to change. */
export function analyzeCommand(): Command {
  const command = new Command('analyze')
    .description('find the crucial layers: train all but one group of layers, and only one, on some concepts')
    .argument('<out>', 'run folder; the same command on it resumes')
    .addOption(baseOption())
    .addOption(
      new Option(
        '--tolerance <share>',
        'loss by freezing a group that makes it crucial, as a share of the score',
      )
        .argParser(decimal({ min: 0, max: 10 }))
        .default(0.02),
    );
  return addTrialOptions(command, { steps: 400, size: 64, repeats: 1 }).action(
    async (out: string, options: AnalyzeOptions) => {
      process.exitCode = await exitCodeOf(() => analyze(out, options));
    },
  );
}
