import { test } from 'uvu';
import * as assert from 'uvu/assert';
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
