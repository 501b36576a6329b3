import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { discriminatorSpecs } from '../../src/model/discriminator.ts';
import { e2ganNetwork, type GeneratorNetwork, resnetNetwork } from '../../src/model/generator_network.ts';
import { layerGroup } from '../../src/model/generator_spec.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import type { Arrays } from '../../src/model/weights.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { initialLora, initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import { type TrainConfig, Trainer } from '../../src/train/trainer.ts';

// Without skips, whose head starts at zero: nothing below a frozen one would move.
const E2GAN = e2ganNetwork({ width: 4, heads: 1, context: 8, skips: false });
const JUDGE = { width: 4, channels: 6 };
const SIZE = 24;
const STEPS = 3;

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const noise = (name: string, length: number) => {
  const random = new Random(3).fork(name);
  return Float32Array.from({ length }, () => 2 * random.next() - 1);
};

/** Three steps on noise. @returns the generator before and after */
async function train(
  generator: GeneratorNetwork,
  parts: Pick<TrainConfig, 'ranks' | 'frozen'>,
): Promise<{ before: Arrays; after: Arrays; lora: Arrays; counts: Trainer['counts'] }> {
  const settings = { gan: 'lsgan', lambdaL1: 100, size: SIZE, batch: 1, steps: 10, lr: 1e-3 } as const;
  const trainer = await Trainer.create(gpu, { generator, discriminator: JUDGE, ...parts, ...settings });
  const before = initialWeights(generator.specs, new Random(1));
  const lora = parts.ranks ? initialLora(generator.specs, parts.ranks, new Random(2)) : new Map();
  trainer.begin({
    generator: before,
    discriminator: initialWeights(discriminatorSpecs(JUDGE), new Random(2)),
    lora,
  });
  const pixels = SIZE * SIZE * 3;
  const context = noise('context', PROMPT_TOKENS * (generator.context ?? 1));
  for (let step = 0; step < STEPS; step++)
    trainer.submit(step, { source: noise('source', pixels), target: noise('target', pixels), context });
  await trainer.losses();
  const after = await trainer.saveGenerator();
  const { weights } = await trainer.save();
  const { counts } = trainer;
  trainer.dispose();
  return { before, after, lora: weights, counts };
}

const changed = (before: Arrays, after: Arrays): string[] =>
  [...before]
    .filter(([name, { data }]) => data.some((v, i) => v !== after.get(name)!.data[i]))
    .map(([n]) => n);

test('an adapter is trained beside a generator that keeps every bit', async () => {
  const { before, after, lora, counts } = await train(E2GAN, { ranks: new Map([['up1', 2]]) });
  assert.equal(changed(before, after), []);
  assert.ok(lora.get('lora.up1.lora_B')!.data.some((v) => v !== 0));
  // Transposed convolution 16 -> 8, 3x3: r (i k k + o).
  assert.is(counts.trained, 2 * (16 * 9 + 8));
});

test('layers that are frozen keep every bit, and all others move', async () => {
  const kept = E2GAN.specs.filter(({ path }) => layerGroup(path) !== 'residual1').map(({ path }) => path);
  const { before, after, counts } = await train(E2GAN, { ranks: null, frozen: new Set(kept) });
  const moved = changed(before, after);
  // Biases before an instance norm have no gradient, so they may stay.
  const weights = moved.filter((name) => name.endsWith('.weight'));
  assert.equal(
    weights,
    ['rb1.conv1', 'rb1.conv2', 'rb2.conv1', 'rb2.conv2'].map((path) => `${path}.weight`),
  );
  assert.ok(moved.every((name) => name.startsWith('rb1.') || name.startsWith('rb2.')));
  assert.is(counts.trained, 4 * (16 * 16 * 9 + 16));
  assert.ok(counts.model > counts.trained);
});

test('a network that reads no prompt is trained by the same step', async () => {
  const resnet = resnetNetwork({ width: 4, blocks: 1 });
  const { before, after, counts } = await train(resnet, { ranks: null });
  const weights = changed(before, after).filter((name) => name.endsWith('.weight'));
  assert.is(weights.length, resnet.specs.length);
  assert.is(counts.trained, counts.model);
});

test.run();
