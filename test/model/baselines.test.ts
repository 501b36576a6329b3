import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { discriminatorForward, discriminatorSpecs } from '../../src/model/discriminator.ts';
import { type LayerSpec, Layers, parameterShapes } from '../../src/model/layers.ts';
import { resnetForward, resnetSpecs } from '../../src/model/resnet.ts';
import { unetForward, unetSpecs } from '../../src/model/unet.ts';
import { Weights } from '../../src/model/weights.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { mse } from '../../src/runtime/ops/loss.ts';
import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

let gpu: Gpu;

test.before(async () => {
  gpu = await Gpu.open();
});

test.after(() => gpu.close());

type Forward = (tape: Tape | null, layers: Layers, x: Tensor) => Tensor;

/** Output for a random picture, and the squared length of each weight's gradient of mean(y^2). */
async function trace(specs: readonly LayerSpec[], forward: Forward, shape: readonly number[]) {
  const weights = new Weights(gpu, 'network', parameterShapes(specs));
  weights.load(initialWeights(specs, new Random(1)));
  const program = await gpu.compile(() => {
    const tape = new Tape();
    tape.watch(weights.tensors.values());
    const y = forward(tape, new Layers(weights.tensors), gpu.input('x', shape));
    const names = [...weights.tensors.keys()];
    const gradients = tape.gradients(mse(tape, y, 0.5), gpu.scalar(1), [...weights.tensors.values()]);
    return { y, ...Object.fromEntries(names.map((name, i) => [name, gradients[i]!])) };
  });
  const random = new Random(2);
  const { y, ...gradients } = await program.run({
    x: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()),
  });
  const result = { shape: program.outputs.y!.shape, y: y!, gradients };
  program.dispose();
  weights.dispose();
  return result;
}

const spread = (values: Float32Array): number => {
  const [low, high] = values.reduce<[number, number]>(
    ([a, b], v) => [Math.min(a, v), Math.max(b, v)],
    [1, -1],
  );
  return high - low;
};

/** Biases before a norm without affine have no effect, so their gradients are zero but for rounding. */
const hasEffect = (name: string): boolean => name.endsWith('.weight');

test('pix2pix’s ResNet runs forward and backward', async () => {
  const config = { width: 4, blocks: 2 };
  const { shape, y, gradients } = await trace(
    resnetSpecs(config),
    (tape, layers, x) => resnetForward(tape, layers, config, x),
    [1, 16, 16, 3],
  );
  assert.equal([...shape], [1, 16, 16, 3]);
  assert.ok(y.every((v) => Math.abs(v) < 1) && spread(y) > 0.01);
  for (const [name, g] of Object.entries(gradients))
    if (hasEffect(name))
      assert.ok(
        g.some((v) => v !== 0),
        name,
      );
});

test('pix2pix’s U-Net runs forward and backward', async () => {
  const { shape, y, gradients } = await trace(unetSpecs({ width: 4 }), unetForward, [2, 256, 256, 3]);
  assert.equal([...shape], [2, 256, 256, 3]);
  assert.ok(y.every((v) => Math.abs(v) < 1) && spread(y) > 0.01);
  for (const [name, g] of Object.entries(gradients))
    if (hasEffect(name))
      assert.ok(
        g.some((v) => v !== 0),
        name,
      );
});

test('a U-Net of five stages takes pictures of 32 pixels', async () => {
  const specs = unetSpecs({ width: 4, depth: 5 });
  const forward: Forward = (tape, layers, x) => unetForward(tape, layers, x, 5);
  const { shape, y, gradients } = await trace(specs, forward, [2, 32, 32, 3]);
  assert.equal([...shape], [2, 32, 32, 3]);
  assert.ok(spread(y) > 0.01);
  assert.ok(gradients['down5.weight']!.some((v) => v !== 0));
});

test('the PatchGAN scores patches: 256 pixels give 30, 70 give 6', async () => {
  const specs = discriminatorSpecs({ width: 4, channels: 6 });
  for (const [edge, scores] of [
    [256, 30],
    [70, 6],
  ] as const) {
    const { shape } = await trace(specs, discriminatorForward, [1, edge, edge, 6]);
    assert.equal([...shape], [1, scores, scores, 1]);
  }
});

test.run();
