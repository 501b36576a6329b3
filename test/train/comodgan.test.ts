import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comodganJudgeSpecs, comodganSpecs } from '../../src/model/comodgan_spec.ts';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { ComodganTrainer, type ComodganTraining } from '../../src/train/comodgan_trainer.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import type { TrainState } from '../../src/train/trained_weights.ts';
import type { Losses } from '../../src/train/training.ts';
import { assertRejects } from '../runtime/rejects.ts';

const SMALL = { edge: 16, width: 8 };
const STEPS = 20;
const CONFIG: ComodganTraining = {
  generator: SMALL,
  batch: 2,
  steps: 40,
  lr: 0.002,
  lambdaL1: 10,
  seed: 5,
};

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const pixels = CONFIG.batch * SMALL.edge ** 2 * 3;
const source = Float32Array.from({ length: pixels }, (_, i) => Math.sin(i / 7));
const target = source.map((v) => 0.5 - 0.5 * v);
const batch = { source, target, context: new Float32Array(1) };

async function begin(config: ComodganTraining = CONFIG): Promise<ComodganTrainer> {
  const trainer = await ComodganTrainer.create(gpu, config);
  trainer.begin({
    generator: initialWeights(comodganSpecs(SMALL), new Random(1)),
    discriminator: initialWeights(comodganJudgeSpecs(SMALL), new Random(2)),
  });
  return trainer;
}

/** Steps `from` to `to` on one pair. */
async function steps(trainer: ComodganTrainer, from: number, to: number): Promise<Losses[]> {
  const losses: Losses[] = [];
  for (let step = from; step < to; step++) {
    trainer.submit(step, batch);
    losses.push(await trainer.losses());
  }
  return losses;
}

const bits = ({ weights, adamM, adamV }: TrainState): string[] =>
  [weights, adamM, adamV].flatMap((part) =>
    [...part].map(([name, { data }]) => `${name} ${Buffer.from(data.buffer).toString('base64')}`),
  );

test('twenty steps bring pictures nearer, give the same bits twice, and go on from a saved state', async () => {
  const whole = await begin();
  const losses = await steps(whole, 0, STEPS);
  const state = bits(await whole.save());
  assert.ok(losses.every((l) => Object.values(l).every(Number.isFinite)));
  assert.ok(losses.at(-1)!.g_l1 < 0.7 * losses[0]!.g_l1, `${losses[0]!.g_l1} ${losses.at(-1)!.g_l1}`);
  assert.equal(
    losses.flatMap((l, step) => (l.r1 === undefined ? [] : [step])),
    [0, 16],
  );
  assert.ok(losses[0]!.r1! > 0);
  whole.dispose();

  const first = await begin();
  const half = await steps(first, 0, 11);
  const saved = await first.save();
  first.dispose();
  const second = await begin();
  second.restore(saved);
  assert.equal([...half, ...(await steps(second, 11, STEPS))], losses);
  assert.equal(bits(await second.save()), state);
  second.dispose();
});

test('every weight moves but the last biases of D, and another seed moves them elsewhere', async () => {
  const before = initialWeights(comodganSpecs(SMALL), new Random(1));
  const trainer = await begin();
  // Noise takes part from the second step on, since its strengths start at 0.
  await steps(trainer, 0, 2);
  const after = await trainer.saveGenerator();
  trainer.dispose();
  for (const [name, { data }] of before)
    assert.ok(
      data.some((v, i) => v !== after.get(name)!.data[i]),
      name,
    );
  const other = await begin({ ...CONFIG, seed: 6 });
  await steps(other, 0, 2);
  const elsewhere = await other.saveGenerator();
  other.dispose();
  const name = 'synthesis.b16.conv.weight';
  assert.not.equal([...elsewhere.get(name)!.data], [...after.get(name)!.data]);
});

test('a preview edits alike every time, and only pictures of the network’s size', async () => {
  const trainer = await begin();
  const program = await trainer.preview(gpu, SMALL.edge);
  const x = source.subarray(0, pixels / 2);
  const { y } = await program.run({ x });
  assert.equal([...(await program.run({ x })).y!], [...y!]);
  assert.ok(y!.some((v) => v !== y![0]));
  program.dispose();
  await assertRejects(trainer.preview(gpu, 32), KernelError, /edits 16 pixels, not 32/);
  trainer.dispose();
});

test.run();
