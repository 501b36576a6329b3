import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { adapterCost, countedGenerator, networkCost } from '../../src/model/counts.ts';
import { generatorForward } from '../../src/model/generator.ts';
import { type GeneratorConfig, generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { Layers, parameterShapes } from '../../src/model/layers.ts';
import { defaultRanks, loraShapes } from '../../src/model/lora.ts';
import { loraPairs } from '../../src/model/lora_pairs.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import { Weights } from '../../src/model/weights.ts';
import { Gpu } from '../../src/runtime/gpu.ts';

const SIZE = { width: 40, height: 32 };
const PRODUCTS = /^(conv2d|conv2d_grouped|matmul|attention)\//;

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open({ winograd: 'off' });
});
test.after(() => gpu.close());

/** Multiply-accumulates of all products that the generator launches. */
async function launchedMacs(config: GeneratorConfig, adapted: boolean): Promise<number> {
  const specs = generatorSpecs(config);
  const base = new Weights(gpu, 'base', parameterShapes(specs));
  const lora = adapted ? new Weights(gpu, 'lora', loraShapes(specs, defaultRanks(config))) : null;
  const layers = new Layers(base.tensors, lora ? loraPairs(lora.tensors) : new Map());
  let flops = 0;
  const launch = gpu.run;
  gpu.run = (kernel, tensors, params, options) => {
    if (PRODUCTS.test(kernel.name)) flops += options.flops ?? 0;
    launch.call(gpu, kernel, tensors, params, options);
  };
  const program = await gpu.compile(() => {
    const x = gpu.input('x', [1, SIZE.height, SIZE.width, 3]);
    const context = gpu.input('context', [1, PROMPT_TOKENS, config.context]);
    return { y: generatorForward(null, layers, config, x, context) };
  });
  gpu.run = launch;
  for (const part of [program, base, lora]) part?.dispose();
  return flops / 2;
}

for (const [name, config] of Object.entries(generatorPresets)) {
  test(`${name}: the engine launches as many products as are counted, beside an adapter too`, async () => {
    const { macs } = networkCost(countedGenerator(config), SIZE);
    const beside = adapterCost(countedGenerator(config), defaultRanks(config), SIZE).macs;
    assert.is(await launchedMacs(config, false), macs);
    assert.is(await launchedMacs(config, true), macs + beside);
  });
}

test.run();
