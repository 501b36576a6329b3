import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comodganJudgeSpecs, comodganSpecs } from '../../src/model/comodgan_spec.ts';
import {
  adapterCost,
  type CountedNetwork,
  countedComodgan,
  countedDiscriminator,
  countedGenerator,
  countedResnet,
  countedUnet,
  type NetworkCost,
  networkCost,
  trainingMacs,
  weightCount,
} from '../../src/model/counts.ts';
import { generatorPresets, generatorSpecs, layerGroup } from '../../src/model/generator_spec.ts';
import { defaultRanks, loraShapes } from '../../src/model/lora.ts';
import { unetSpecs } from '../../src/model/unet.ts';

const SIZE = { width: 256, height: 256 };
const { paper } = generatorPresets;
const generator = networkCost(countedGenerator(paper), SIZE);
const resnet9 = networkCost(countedResnet({ width: 64, blocks: 9 }), SIZE);
const unet = networkCost(countedUnet({ width: 64 }), SIZE);
const patchGan = networkCost(countedDiscriminator({ width: 64, channels: 6 }), SIZE);

const giga = (macs: number): string => (macs / 1e9).toFixed(3);
const mega = (macs: number): number => Number((macs / 1e6).toFixed(1));
/** Weights and MMACs of each layer that has MACs. */
const table = ({ layers }: NetworkCost) =>
  layers.filter(({ macs }) => macs > 0).map(({ path, weights, macs }) => [path, weights, mega(macs)]);

test('networks have the published numbers of weights', () => {
  assert.is(generator.weights, 7_186_179);
  assert.is(patchGan.weights, 2_767_809);
  assert.is(resnet9.weights, 11_378_179);
  assert.is(unet.weights, 54_413_955);
});

test('multiply-accumulates at 256x256 are those of the reference tables', () => {
  assert.is(giga(generator.macs), '23.718');
  assert.is(giga(resnet9.macs), '49.552');
  assert.is(giga(unet.macs), '6.048');
  assert.is(giga(patchGan.macs), '3.197');
  assert.is(giga(networkCost(countedResnet({ width: 64, blocks: 6 }), SIZE).macs), '35.056');
  assert.is((resnet9.macs / generator.macs).toFixed(2), '2.09');
});

test('the paper generator, layer by layer', () => {
  assert.equal(table(generator), [
    ['stem', 9_472, 616.6],
    ['down1', 73_856, 1208],
    ['down2', 295_168, 1208],
    ['rb1.conv1', 590_080, 2415.9],
    ['rb1.conv2', 590_080, 2415.9],
    ['rb2.conv1', 590_080, 2415.9],
    ['rb2.conv2', 590_080, 2415.9],
    ['ds', 590_080, 604],
    ['tb.proj_in', 65_792, 67.1],
    ['tb.self.q', 65_536, 67.1],
    ['tb.self.k', 65_536, 67.1],
    ['tb.self.v', 65_536, 67.1],
    ['tb.self.out', 65_792, 67.1],
    ['tb.cross.q', 65_536, 67.1],
    ['tb.cross.k', 196_608, 15.1],
    ['tb.cross.v', 196_608, 15.1],
    ['tb.cross.out', 65_792, 67.1],
    ['tb.ff.in', 526_336, 536.9],
    ['tb.ff.out', 262_400, 268.4],
    ['tb.proj_out', 65_792, 67.1],
    ['us', 590_080, 604],
    ['rb3.conv1', 590_080, 2415.9],
    ['rb3.conv2', 590_080, 2415.9],
    ['up1', 295_040, 1208],
    ['up2', 73_792, 1208],
    ['head', 9_411, 616.6],
    ['tb.self.attention', 0, 536.9],
    ['tb.cross.attention', 0, 40.4],
  ]);
  const norms = generator.layers.filter(({ macs }) => macs === 0);
  assert.equal(
    norms.map(({ path, weights }) => [path, weights]),
    [1, 2, 3].map((i) => [`tb.ln${i}`, 512]),
  );
});

test('the U-Net, layer by layer', () => {
  assert.equal(table(unet), [
    ['down1', 3_072, 50.3],
    ['down2', 131_072, 536.9],
    ['down3', 524_288, 536.9],
    ['down4', 2_097_152, 536.9],
    ['down5', 4_194_304, 268.4],
    ['down6', 4_194_304, 67.1],
    ['down7', 4_194_304, 16.8],
    ['down8', 4_194_304, 4.2],
    ['up8', 4_194_304, 4.2],
    ['up7', 8_388_608, 33.6],
    ['up6', 8_388_608, 134.2],
    ['up5', 8_388_608, 536.9],
    ['up4', 4_194_304, 1073.7],
    ['up3', 1_048_576, 1073.7],
    ['up2', 262_144, 1073.7],
    ['up1', 6_147, 100.7],
  ]);
  const norms = unet.layers.filter(({ path }) => path.endsWith('.norm'));
  assert.is(
    norms.reduce((sum, { weights }) => sum + weights, 0),
    9_856,
  );
});

test('ResNet-9: each of nine blocks has 1,180,160 weights and 4,831.8 MMAC', () => {
  for (let i = 10; i < 19; i++) {
    const block = resnet9.layers.filter(({ path }) => path.startsWith(`model.${i}.`));
    assert.is(
      block.reduce((sum, { weights }) => sum + weights, 0),
      1_180_160,
    );
    assert.is(mega(block.reduce((sum, { macs }) => sum + macs, 0)), 4831.8);
  }
});

test('PatchGAN judges 30x30 patches of 256x256', () => {
  const { outputs } = countedDiscriminator({ width: 64, channels: 6 }).layers(SIZE).at(-1)!;
  assert.is(outputs, 30 * 30);
});

test('weights of an adapter per unit of rank, of every layer that takes one', () => {
  const specs = generatorSpecs(paper).filter(({ kind }) => kind !== 'norm');
  const weightsAt = (rank: number) => {
    const ranks = new Map(specs.map(({ path }) => [path, rank]));
    const { layers } = adapterCost(countedGenerator(paper), ranks, SIZE);
    return new Map(layers.map(({ path, weights }) => [path, weights]));
  };
  const [one, three] = [weightsAt(1), weightsAt(3)];
  const wanted: readonly [string, number][] = [
    ['stem', 211],
    ['down1', 704],
    ['down2', 1_408],
    ['rb1.conv1', 2_560],
    ['ds', 2_560],
    ['tb.proj_in', 512],
    ['tb.self.q', 512],
    ['tb.cross.k', 1_024],
    ['tb.cross.v', 1_024],
    ['tb.ff.in', 2_304],
    ['tb.ff.out', 1_280],
    ['us', 2_560],
    ['up1', 2_432],
    ['up2', 1_216],
    ['head', 3_139],
  ];
  for (const [path, weights] of wanted) assert.is(one.get(path), weights, path);
  for (const [path, weights] of one) assert.is(three.get(path), 3 * weights, path);
  const transformer = [...one].filter(([path]) => path.startsWith('tb.'));
  assert.is(
    transformer.reduce((sum, [, weights]) => sum + weights, 0),
    9_728,
  );
});

// By hand: r (i k² + o) at the outputs of convolutions; r i k² at the inputs of transposed ones, r o at their outputs.
const CONVOLUTIONS = 704 * 128 ** 2 + 8 * (1408 * 64 ** 2 + 2560 * 32 ** 2);
const TRANSPOSED =
  8 * (256 * 9 * 32 ** 2 + 256 * 64 ** 2) +
  8 * (256 * 9 * 64 ** 2 + 128 * 128 ** 2) +
  8 * (128 * 9 * 128 ** 2 + 64 * 256 ** 2);
const TRANSFORMER = (9_728 - 2 * 1024) * 1024 + 2 * 1024 * 77;
const UNMERGED = CONVOLUTIONS + TRANSPOSED + TRANSFORMER;

test('the default adapter of paper has 91,840 weights, 1.28 % of the model, and adds 1.65 % of the work unmerged', () => {
  const { weights, macs } = adapterCost(countedGenerator(paper), defaultRanks(paper), SIZE);
  assert.is(weights, 91_840);
  assert.is((weights / generator.weights).toFixed(4), '0.0128');
  assert.is(macs, UNMERGED);
  assert.is((macs / generator.macs).toFixed(4), '0.0165');
});

test('training cost by the convention of the published bars', () => {
  const step = { generator: resnet9.macs, discriminator: 0, adapter: false };
  const tuning = { generator: generator.macs, discriminator: 0, adapter: true };
  const [full, adapted] = [800 * 200 * trainingMacs(step), 400 * 100 * trainingMacs(tuning)];
  assert.is(full.toExponential(2), '2.38e+16');
  assert.is(adapted.toExponential(2), '1.90e+15');
  assert.is((full / adapted).toFixed(1), '12.5');
  const judged = { discriminator: patchGan.macs };
  const [fullJudged, adaptedJudged] = [
    800 * 200 * trainingMacs({ ...step, ...judged }),
    400 * 100 * trainingMacs({ ...tuning, ...judged }),
  ];
  assert.is(fullJudged.toExponential(2), '2.79e+16');
  assert.is(adaptedJudged.toExponential(2), '2.92e+15');
});

test('a picture of four times the pixels costs four times as much, but for attention and the prompt', () => {
  const twice = networkCost(countedGenerator(paper), { width: 512, height: 512 });
  for (const [i, { path, macs }] of generator.layers.entries()) {
    const factor = /cross\.[kv]$/.test(path) ? 1 : path === 'tb.self.attention' ? 16 : 4;
    assert.is(twice.layers[i]!.macs, factor * macs, path);
  }
  const wide = networkCost(countedGenerator(paper), { width: 512, height: 256 });
  assert.is(wide.layers[0]!.macs, 2 * generator.layers[0]!.macs);
});

test('sizes that a network does not take, and layers that it lacks, are refused', () => {
  const at = (network: CountedNetwork, side: number) => () =>
    networkCost(network, { width: side, height: side });
  assert.throws(at(countedGenerator(paper), 100), /multiples of 8 pixels, not 100x100/);
  assert.throws(at(countedUnet({ width: 64 }), 128), /multiples of 256/);
  assert.throws(at(countedResnet({ width: 64, blocks: 9 }), 0), /not 0x0/);
  assert.throws(() => adapterCost(countedGenerator(paper), new Map([['up9', 1]]), SIZE), /no layer up9/);
  assert.throws(
    () => adapterCost(countedGenerator(paper), new Map([['tb.ln1', 1]]), SIZE),
    /tb.ln1 is a norm/,
  );
});

test('a network that is no list of layers counts with its own', () => {
  const modulated = { path: 'b4.conv', weights: 10, macs: 300 };
  const network: CountedNetwork = { layers: () => [], others: () => [modulated, modulated] };
  assert.equal(networkCost(network, SIZE), { layers: [modulated, modulated], weights: 20, macs: 600 });
});

const PUBLISHED = { edge: 256, width: 512 };

test('Co-Mod-GAN has 79.18 M weights in its generator, and takes 90.25 G products for a picture of 256x256', () => {
  const { weights, macs } = networkCost(countedComodgan(PUBLISHED), SIZE);
  assert.is(weights, 79_177_250);
  assert.is((weights / 1e6).toFixed(2), '79.18');
  assert.is(macs, 90_247_520_256);
  assert.is((macs / 1e9).toFixed(2), '90.25');
  assert.is(weightCount(comodganSpecs(PUBLISHED)), weights);
  assert.is(weightCount(comodganJudgeSpecs(PUBLISHED)), 28_864_513);
});

test('a U-Net for smaller pictures has fewer stages', () => {
  // Each stage less is one 512 -> 512 less on the way down and one 1024 -> 512 with its norm on the way up; one norm moves.
  const stage = 16 * (512 * 512 + 1024 * 512) + 2 * 512 + 2 * 512;
  const weights = (depth: number) => weightCount(unetSpecs({ width: 64, depth }));
  assert.is(weights(8), 54_413_955);
  assert.is(weights(7), 54_413_955 - stage);
  assert.is(weights(6), 54_413_955 - 2 * stage);
});

test('residual blocks take no adapter; stem and head only where the presets have skips', () => {
  for (const config of Object.values(generatorPresets)) {
    for (const path of defaultRanks(config).keys()) {
      assert.not.ok(['residual1', 'residual2'].includes(layerGroup(path)), path);
      assert.ok(config.skips || !['stem', 'head'].includes(path), path);
    }
  }
});

test('an unknown layer is named', () => {
  assert.throws(
    () => loraShapes(generatorSpecs(generatorPresets.tiny), new Map([['up9', 1]])),
    /no layer up9/,
  );
});

test('all weights of the narrow presets are counted', () => {
  const { tiny } = generatorPresets;
  assert.is(networkCost(countedGenerator(tiny), SIZE).weights, 531_444);
  assert.is(weightCount(generatorSpecs(tiny)), 531_444);
});

test.run();
