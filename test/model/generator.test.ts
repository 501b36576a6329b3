import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { generatorForward } from '../../src/model/generator.ts';
import { type GeneratorConfig, generatorSpecs } from '../../src/model/generator_spec.ts';
import { Layers, type LoraMode, parameterShapes } from '../../src/model/layers.ts';
import { loraShapes } from '../../src/model/lora.ts';
import { loraPairs } from '../../src/model/lora_pairs.ts';
import { hashedPrompt, PROMPT_TOKENS } from '../../src/model/text.ts';
import { Weights } from '../../src/model/weights.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { initialLora, initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

const CONFIG: GeneratorConfig = { width: 8, heads: 2, context: 16, skips: true };
const RANKS = new Map(['down1', 'ds', 'tb.self.q', 'tb.ff.in', 'us', 'up2'].map((path, i) => [path, 1 + i]));
const SIZE = 32;

let gpu: Gpu;
let base: Weights;
let lora: Weights;

test.before(async () => {
  gpu = await Gpu.open();
  const specs = generatorSpecs(CONFIG);
  base = new Weights(gpu, 'base', parameterShapes(specs));
  // Training starts the head at zero, where nothing below would show.
  const weights = initialWeights(specs, new Random(1));
  const head = weights.get('head.weight')!.data;
  const random = new Random(5);
  head.set(head.map(() => 0.02 * random.normal()));
  base.load(weights);
  lora = new Weights(gpu, 'lora', loraShapes(specs, RANKS));
});

test.after(() => gpu.close());

function noise(): Float32Array {
  const random = new Random(2);
  return Float32Array.from({ length: SIZE * SIZE * 3 }, () => 2 * random.next() - 1);
}

/** The generator's output for one fixed picture. */
async function run(layers: Layers, prompt = 'the scene at night'): Promise<Float32Array> {
  const program = await gpu.compile(() => {
    const x = gpu.input('x', [1, SIZE, SIZE, 3]);
    const context = gpu.input('context', [1, PROMPT_TOKENS, CONFIG.context]);
    return { y: generatorForward(null, layers, CONFIG, x, context) };
  });
  const { y } = await program.run({ x: noise(), context: hashedPrompt(prompt, CONFIG.context) });
  program.dispose();
  return y!;
}

const adapted = (mode: LoraMode): Promise<Float32Array> =>
  run(new Layers(base.tensors, loraPairs(lora.tensors), mode));

test('an adapter whose B is zero leaves the output as it was, bit for bit', async () => {
  lora.load(initialLora(generatorSpecs(CONFIG), RANKS, new Random(3)));
  const plain = await run(new Layers(base.tensors));
  assert.equal(await adapted('beside'), plain);
  assert.equal(await adapted('merged'), plain);
});

test('an adapter merged into the weights gives what it gives beside them', async () => {
  const random = new Random(4);
  const arrays = new Map(
    [...initialLora(generatorSpecs(CONFIG), RANKS, random)].map(([name, { shape, data }]) => [
      name,
      { shape, data: name.endsWith('B') ? data.map(() => 0.1 * random.normal()) : data },
    ]),
  );
  lora.load(arrays);
  const [beside, merged, plain] = [
    await adapted('beside'),
    await adapted('merged'),
    await run(new Layers(base.tensors)),
  ];
  const largest = (a: Float32Array, b: Float32Array) =>
    a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
  assert.ok(largest(beside, plain) > 0.05, 'the adapter does something');
  assert.ok(largest(beside, merged) < 1e-5, `they differ by ${largest(beside, merged)}`);
});

test('narrow presets start as the identity, bit for bit', async () => {
  const fresh = new Weights(gpu, 'fresh', base.shapes);
  fresh.load(initialWeights(generatorSpecs(CONFIG), new Random(1)));
  assert.equal(await run(new Layers(fresh.tensors)), noise());
  fresh.dispose();
});

test('the output is finite, not flat, and hangs on the prompt', async () => {
  const [night, day] = [
    await run(new Layers(base.tensors)),
    await run(new Layers(base.tensors), 'the scene at noon'),
  ];
  assert.ok(night.every(Number.isFinite));
  const mean = night.reduce((a, b) => a + b, 0) / night.length;
  assert.ok(night.some((v) => Math.abs(v - mean) > 0.05));
  assert.ok(night.some((v, i) => Math.abs(v - day[i]!) > 0.01));
});

test('weights survive a round trip through files’ layout bit for bit', async () => {
  const specs = generatorSpecs(CONFIG);
  const arrays = initialWeights(specs, new Random(9));
  const weights = new Weights(gpu, 'round trip', parameterShapes(specs));
  weights.load(arrays);
  for (const [name, { data }] of await weights.save()) assert.equal(data, arrays.get(name)!.data, name);
  weights.dispose();
});

test.run();
