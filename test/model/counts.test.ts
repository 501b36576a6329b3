import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comodganJudgeSpecs, comodganSpecs } from '../../src/model/comodgan_spec.ts';
import { discriminatorSpecs } from '../../src/model/discriminator.ts';
import { generatorPresets, generatorSpecs, layerGroup } from '../../src/model/generator_spec.ts';
import { type LayerSpec, parameterShapes } from '../../src/model/layers.ts';
import { defaultRanks, loraShapes } from '../../src/model/lora.ts';
import { resnetSpecs } from '../../src/model/resnet.ts';
import { unetSpecs } from '../../src/model/unet.ts';
import { product } from '../../src/runtime/shape.ts';

const count = (shapes: ReadonlyMap<string, readonly number[]>): number =>
  [...shapes.values()].reduce((sum, s) => sum + product(s), 0);
const weights = (specs: readonly LayerSpec[]): number => count(parameterShapes(specs));

test('networks have the published numbers of weights', () => {
  assert.is(weights(generatorSpecs(generatorPresets.paper)), 7_186_179);
  assert.is(weights(discriminatorSpecs({ width: 64, channels: 6 })), 2_767_809);
  assert.is(weights(resnetSpecs({ width: 64, blocks: 9 })), 11_378_179);
  assert.is(weights(unetSpecs({ width: 64 })), 54_413_955);
});

const PUBLISHED = { edge: 256, width: 512 };

test('Co-Mod-GAN has 79.18 M weights in its generator', () => {
  assert.is(weights(comodganSpecs(PUBLISHED)), 79_177_250);
  assert.is((weights(comodganSpecs(PUBLISHED)) / 1e6).toFixed(2), '79.18');
  assert.is(weights(comodganJudgeSpecs(PUBLISHED)), 28_864_513);
});

/** Pixels that each weight of a layer is multiplied at: those of the smaller of what goes in and what comes out. */
function positions({ path, kind }: LayerSpec): number {
  if (kind === 'linear') return 1;
  if (path === 'encoder.rgb') return PUBLISHED.edge ** 2;
  const edge = Number(/\.b(\d+)\./.exec(path)![1]);
  return path.endsWith('.down') || path.endsWith('.up') ? (edge / 2) ** 2 : edge ** 2;
}

test('Co-Mod-GAN takes 90.25 G products for a picture of 256x256', () => {
  const macs = comodganSpecs(PUBLISHED)
    .filter(({ kind }) => kind !== 'norm')
    .reduce((sum, spec) => sum + product(spec.weight) * positions(spec), 0);
  assert.is(macs, 90_247_520_256);
  assert.is((macs / 1e9).toFixed(2), '90.25');
});

test('a U-Net for smaller pictures has fewer stages', () => {
  // Each stage less is one 512 -> 512 less on the way down and one 1024 -> 512 with its norm on the way up; one norm moves.
  const stage = 16 * (512 * 512 + 1024 * 512) + 2 * 512 + 2 * 512;
  assert.is(weights(unetSpecs({ width: 64, depth: 8 })), 54_413_955);
  assert.is(weights(unetSpecs({ width: 64, depth: 7 })), 54_413_955 - stage);
  assert.is(weights(unetSpecs({ width: 64, depth: 6 })), 54_413_955 - 2 * stage);
});

test('the default adapter of paper has 91,840 weights, 1.28 % of the model', () => {
  const { paper } = generatorPresets;
  const lora = count(loraShapes(generatorSpecs(paper), defaultRanks(paper)));
  assert.is(lora, 91_840);
  assert.is((lora / 7_186_179).toFixed(4), '0.0128');
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

test.run();
