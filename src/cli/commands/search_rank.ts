import { Command, InvalidArgumentError, Option } from 'commander';
import { e2ganNetwork } from '../../model/generator_network.ts';
import type { LayerGroup } from '../../model/generator_spec.ts';
import { discriminatorFor } from '../../train/first_weights.ts';
import { ADAPTED_GROUPS, adapterWeights, rankGroups } from '../../train/method/rank_groups.ts';
import { layerRanks, type RankTrial } from '../../train/method/rank_search.ts';
import { readBaseModel } from '../base_model.ts';
import { choiceText } from '../features.ts';
import { onRunDevice } from '../lasting_device.ts';
import { decimal, integer } from '../options.ts';
import { writeReport } from '../run/report.ts';
import { openRunFolder, type RunFolder } from '../run_folder.ts';
import { exitCodeOf } from '../signals.ts';
import { printTable } from '../table.ts';
import { runConfig } from '../train_options.ts';
import { meanText } from '../trials/mean.ts';
import { compareRanks, type GroupRanks, type RankBench, searchOn } from '../trials/rank_trials.ts';
import { writeRanks } from '../trials/ranks_file.ts';
import {
  addTrialOptions,
  baseOption,
  conceptPairs,
  openBench,
  openJudge,
  seedsOf,
  startOf,
  type TrialOptions,
  trainingOf,
} from '../trials/trial_options.ts';

interface SearchOptions extends TrialOptions {
  readonly base: string;
  readonly groups: readonly LayerGroup[];
  readonly firstRank: number;
  readonly maxRank: number;
  readonly tolerance: number;
  readonly compare: boolean;
}

/** A parser of groups, separated by commas. */
function groupList(value: string): LayerGroup[] {
  const names = value.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !ADAPTED_GROUPS.some((group) => group === name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `there is no group ${unknown} to adapt; there are ${ADAPTED_GROUPS.join(', ')}`,
    );
  return ADAPTED_GROUPS.filter((group) => names.includes(group));
}

const ranksText = (ranks: GroupRanks): string =>
  [...ranks].map(([group, rank]) => `${group} ${rank}`).join(', ');

const TRIALS = ['tried', 'score', 'ranks', 'kept'] as const;

const trialRows = (trials: readonly RankTrial[]) =>
  trials.map(({ ranks, score, doubled, kept }) => [
    doubled === null ? 'to begin with' : `${doubled} doubled`,
    ...[score.toPrecision(4), ranksText(ranks), kept ? 'yes' : 'no'],
  ]);

const SCHEMES = ['scheme', 'score', 'weights', 'ranks'] as const;

async function schemeRows(rank: RankBench, found: GroupRanks, seed: number) {
  const scores = await compareRanks(rank, found, seed);
  return [...scores].map(([name, { ranks, weights, score }]) => [
    ...[name, meanText(score), weights, ranksText(ranks)],
  ]);
}

async function search(
  run: RunFolder,
  rank: RankBench,
  options: SearchOptions,
  config: Record<string, unknown>,
) {
  const { firstRank: first, maxRank: largest, tolerance, seed, measure } = options;
  const { trials, found } = await searchOn(rank, { first, largest, tolerance });
  const layers = layerRanks(rank.groups, found);
  const weights = adapterWeights(rank.config, layers);
  const about = { measure, groups: Object.fromEntries(found), weights };
  await writeRanks(run.file('ranks.json'), layers, about);
  const results = [{ title: `Search by ${measure}`, columns: TRIALS, rows: trialRows(trials) }];
  printTable(TRIALS, results[0]!.rows);
  if (options.compare) {
    const rows = await schemeRows(rank, found, seed);
    const title = `Ranks compared: ${measure}, mean ± deviation of ${rank.seeds.length * rank.concepts.length} trainings each`;
    printTable(SCHEMES, rows);
    await writeReport(run.path, {
      title: 'Ranks',
      config,
      results: [...results, { title, columns: SCHEMES, rows }],
    });
  } else await writeReport(run.path, { title: 'Ranks', config, results });
  console.log(
    `${run.file('ranks.json')}: ${ranksText(found)}; ${weights} weights; use it: e2gan finetune --ranks ${run.file('ranks.json')}`,
  );
}

async function searchRank(out: string, options: SearchOptions): Promise<number> {
  const base = await readBaseModel(options.base);
  const { config: generator } = base.generator;
  const concepts = await conceptPairs(options, generator.context);
  return onRunDevice(out, options, async (gpu, fresh) => {
    let run: RunFolder | undefined;
    try {
      const names = concepts.map(({ concept }) => concept);
      const rest = { base: base.sha256, concepts: names, features: choiceText(options.features) };
      const config = runConfig('search-rank', options, gpu.choices, rest);
      const judge = await openJudge(gpu, options, concepts);
      run = await openRunFolder(out, config, { fresh });
      const rank: RankBench = {
        bench: await openBench(gpu, run, judge),
        config: generator,
        groups: rankGroups(generator, options.groups),
        concepts,
        seeds: seedsOf(options),
        measure: options.measure,
        common: {
          network: e2ganNetwork(generator),
          discriminator: base.discriminator?.config ?? discriminatorFor(generator),
          start: startOf(base),
          training: trainingOf(options),
          steps: options.steps,
        },
      };
      await search(run, rank, options, config);
      return 0;
    } finally {
      await run?.release();
    }
  });
}

const rankOption = (flags: string, what: string, value: number) =>
  new Option(flags, what).argParser(integer({ min: 1, max: 256 })).default(value);

/** `e2gan search-rank OUT`: ranks of adapters, by doubling where it pays. */
export function searchRankCommand(): Command {
  const command = new Command('search-rank')
    .description('search the ranks of adapters on some concepts that stand for others')
    .argument('<out>', 'run folder; the same command on it resumes')
    .addOption(baseOption())
    .addOption(
      new Option('--groups <list>', 'groups of layers to adapt')
        .argParser(groupList)
        .default(ADAPTED_GROUPS, ADAPTED_GROUPS.join(',')),
    )
    .addOption(rankOption('--first-rank <n>', 'rank of all groups to begin with', 1))
    .addOption(rankOption('--max-rank <n>', 'largest rank', 16))
    .addOption(
      new Option('--tolerance <share>', 'what a doubling has to win, as a share of the score')
        .argParser(decimal({ min: 0, max: 10 }))
        .default(0.01),
    )
    .option('--no-compare', 'leave out 1x, 4x and random ranks of equal size');
  return addTrialOptions(command, { steps: 200, size: 64, repeats: 1 }).action(
    async (out: string, options: SearchOptions) => {
      process.exitCode = await exitCodeOf(() => searchRank(out, options));
    },
  );
}
