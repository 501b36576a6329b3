import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { defaultRanks } from '../../src/model/lora.ts';
import { judgeClaim } from '../../src/train/method/claims.ts';
import { BASE_KINDS, conceptSet } from '../../src/train/method/concept_sets.ts';
import { crucialGroups } from '../../src/train/method/crucial_layers.ts';
import { groupLayers, groupWeights, type LAYER_GROUPS } from '../../src/train/method/layer_groups.ts';
import { adapterWeights, rankGroups, weightsPerRank } from '../../src/train/method/rank_groups.ts';
import {
  evenRanks,
  foundRanks,
  layerRanks,
  randomRanks,
  searchRanks,
} from '../../src/train/method/rank_search.ts';
import { Random } from '../../src/train/random.ts';

const { paper } = generatorPresets;

test('the seven groups hold every layer and every weight once', () => {
  const layers = [...groupLayers(paper).values()].flat();
  assert.equal(
    layers.sort(),
    generatorSpecs(paper)
      .map(({ path }) => path)
      .sort(),
  );
  const weights = groupWeights(paper);
  assert.is(
    [...weights.values()].reduce((a, b) => a + b),
    7_186_179,
  );
  // Two blocks of two convolutions, 3x3x256x256 and 256 biases each.
  assert.is(weights.get('residual1'), 4 * 590_080);
  assert.is(weights.get('residual2'), 2 * 590_080);
});

const evidence = (group: (typeof LAYER_GROUPS)[number], frozen: number, alone: number, weights = 1e6) => ({
  ...{ group, frozen, alone, weights },
});

test('a group is crucial where freezing it costs, or where it wins much per weight', () => {
  const bounds = { untuned: 100, full: 50, tolerance: 0.02 };
  const verdicts = crucialGroups(
    [
      evidence('down', 52, 99), // costs 4 %
      evidence('residual1', 50.9, 90), // costs 1.8 %, wins 10 per million
      evidence('ds', 50, 90, 1e5), // wins 100 per million
      evidence('us', 49, 99), // better without it
    ],
    bounds,
  );
  assert.equal(
    verdicts.map(({ crucial }) => crucial),
    [true, true, true, false],
  );
  assert.ok(Math.abs(verdicts[0]!.loss - 0.04) < 1e-12);
  assert.is(verdicts[2]!.gainPerMillion, 100);
  // The median of 1, 10, 100 and 1 is 5.5: at the median or below is not enough.
  assert.not(crucialGroups([evidence('us', 50, 90)], bounds)[0]!.crucial);
  assert.throws(() => crucialGroups([], bounds), /no group/);
});

const GROUPS = new Map([
  ['up', ['up1', 'up2']],
  ['ds', ['ds']],
]);

test('a search doubles a rank while that pays and stops where it does not', async () => {
  const asked: string[] = [];
  // The score falls with the rank of up to 4, and with that of ds never.
  const evaluate = async (ranks: ReadonlyMap<string, number>) => {
    asked.push([...ranks.values()].join('/'));
    return 100 / Math.min(4, ranks.get('up')!) + 0.1 * ranks.get('ds')!;
  };
  const trials = await searchRanks({ groups: GROUPS, first: 1, largest: 16, tolerance: 0.01 }, evaluate);
  assert.equal(asked, ['1/1', '2/1', '2/2', '4/1', '8/1']);
  assert.equal(Object.fromEntries(foundRanks(trials)), { up: 4, ds: 1 });
  assert.equal(
    trials.map(({ doubled, kept }) => [doubled, kept]),
    [
      [null, true],
      ['up', true],
      ['ds', false],
      ['up', true],
      ['up', false],
    ],
  );
});

test('a search ends at the largest rank, and a score below zero does not turn it round', async () => {
  const evaluate = async (ranks: ReadonlyMap<string, number>) => -10 * ranks.get('up')! * ranks.get('ds')!;
  const trials = await searchRanks({ groups: GROUPS, first: 1, largest: 4, tolerance: 0.01 }, evaluate);
  assert.equal(Object.fromEntries(foundRanks(trials)), { up: 4, ds: 4 });
  const worse = await searchRanks(
    { groups: GROUPS, first: 1, largest: 4, tolerance: 0.01 },
    async (ranks) => -10 / ranks.get('up')!,
  );
  assert.equal(Object.fromEntries(foundRanks(worse)), { up: 1, ds: 1 });
});

test('ranks of groups become ranks of layers, and weights', () => {
  const groups = rankGroups(paper);
  assert.equal([...groups.keys()], ['up', 'us', 'transformer', 'ds', 'down']);
  assert.equal([...groups.values()].flat().sort(), [...defaultRanks(paper).keys()].sort());
  const perRank = weightsPerRank(paper, groups);
  assert.is(perRank.get('ds'), 2560);
  assert.is(perRank.get('down'), 704 + 1408);
  assert.is(perRank.get('transformer'), 9728);
  const layers = layerRanks(groups, new Map([...evenRanks(groups, 2), ['us', 0]]));
  assert.not(layers.has('us'));
  assert.is(adapterWeights(paper, layers), 2 * (2560 + 704 + 1408 + 9728 + 2432 + 1216));
});

test('random ranks are near in size, unlike the found ones, and the same for a seed', () => {
  const perRank = weightsPerRank(paper, rankGroups(paper));
  const found = new Map([...perRank.keys()].map((group) => [group, group === 'up' ? 8 : 4]));
  const size = [...found].reduce((sum, [group, rank]) => sum + rank * perRank.get(group)!, 0);
  const draw = (seed: number) => randomRanks(perRank, size, 16, new Random(seed), found);
  const ranks = draw(1);
  const total = [...ranks].reduce((sum, [group, rank]) => sum + rank * perRank.get(group)!, 0);
  assert.ok(Math.abs(total / size - 1) < 0.05, `${total} for ${size}`);
  assert.not.equal(ranks, found);
  assert.equal(draw(1), ranks);
  assert.throws(
    () => randomRanks(new Map([['up', 1]]), 1, 1, new Random(1), new Map([['up', 1]])),
    /only one/,
  );
});

test('a claim holds, fails or is within noise by its paired differences', () => {
  const verdict = (ours: number[], other: number[]) => judgeClaim({ ours, other }).verdict;
  assert.is(verdict([1, 2], [1.5, 2.5]), 'holds');
  assert.is(verdict([1, 2], [1, 2]), 'holds');
  assert.is(verdict([2, 3, 4], [1, 2.1, 2.9]), 'does not hold');
  assert.is(verdict([1, 5, 2], [2, 1, 4]), 'within noise');
  assert.is(verdict([2], [1]), 'does not hold');
  const { difference, standardError } = judgeClaim({ ours: [1, 2, 3], other: [2, 4, 6] });
  assert.is(difference, 2);
  assert.ok(Math.abs(standardError! - 1 / Math.sqrt(3)) < 1e-12);
  assert.is(judgeClaim({ ours: [1], other: [3] }).standardError, null);
  assert.throws(() => judgeClaim({ ours: [1], other: [1, 2] }), /cannot be paired/);
  assert.throws(() => judgeClaim({ ours: [], other: [] }), /cannot be paired/);
});

test('sets of concepts are what their kind says', () => {
  // Three tight bunches on a line, and one concept far away.
  const rows = [0, 0.1, 0.2, 5, 5.2, 5.4, 9, 9.5, 30].map((x) => [x, 0]);
  for (const kind of BASE_KINDS) {
    const set = conceptSet(kind, rows, 3, 7);
    assert.is(set.length, kind === 'single' ? 1 : 3, kind);
    assert.equal(conceptSet(kind, rows, 3, 7), set);
    assert.equal(
      [...new Set(set)].sort((a, b) => a - b),
      set,
    );
  }
  assert.equal(conceptSet('one-sided', rows, 3, 7), [0, 1, 2]);
  const spread = conceptSet('clustered', rows, 4, 7);
  assert.ok(spread.includes(8) && spread.includes(1) && spread.includes(4));
});

test.run();
