import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { comodganJudge } from '../../src/model/comodgan_judge.ts';
import { comodganJudgeSpecs } from '../../src/model/comodgan_spec.ts';
import { Layers, parameterShapes } from '../../src/model/layers.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { adamHyper } from '../../src/runtime/ops/adam.ts';
import { traceR1 } from '../../src/train/gradient_penalty.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import { TrainedWeights } from '../../src/train/trained_weights.ts';
import { type JudgeWeights, judgeReference } from './judge_reference.ts';

const CONFIG = { edge: 8, width: 4 };
const BATCH = 2;
const PIXELS = BATCH * CONFIG.edge ** 2;
const [GAMMA, INTERVAL] = [10, 16];

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const random = new Random(3);
const picture = () => Float32Array.from({ length: 3 * PIXELS }, () => random.normal());
const [source, target] = [picture(), picture()];
const specs = comodganJudgeSpecs(CONFIG);
const weights = initialWeights(specs, new Random(4));
// Biases of 0 would hide what they change.
for (const [name, { data }] of weights)
  if (name.endsWith('.bias')) for (let i = 0; i < data.length; i++) data[i] = random.normal();

/** The sum of all scores where the target has moved along a direction. */
const score = (of: JudgeWeights, along: Float64Array, step: number): number =>
  judgeReference(
    CONFIG,
    of,
    source,
    Float64Array.from(target, (v, i) => v + step * along[i]!),
  ).reduce((sum, s) => sum + s, 0);

/** How fast the scores change along a direction. */
const slope = (of: JudgeWeights, along: Float64Array, h = 1e-6): number =>
  (score(of, along, h) - score(of, along, -h)) / (2 * h);

/** v = dD/d target, pixel by pixel. */
const gradient = (of: JudgeWeights): Float64Array =>
  Float64Array.from(target, (_, i) => {
    const along = new Float64Array(target.length);
    along[i] = 1;
    return slope(of, along);
  });

/** gamma / 2 mean |v|². */
const penalty = (v: Float64Array): number => (GAMMA / 2 / BATCH) * v.reduce((sum, a) => sum + a * a, 0);

/** The derivative of f by one value. */
function derivative(values: Float64Array, i: number, f: () => number, h = 1e-4): number {
  const centre = values[i]!;
  values[i] = centre + h;
  const above = f();
  values[i] = centre - h;
  const below = f();
  values[i] = centre;
  return (above - below) / (2 * h);
}

/** The penalty and its gradients as the device finds them: Adam's mean without memory is the gradient. */
async function onDevice() {
  const discriminator = new TrainedWeights(gpu, 'discriminator', parameterShapes(specs));
  discriminator.weights.load(weights);
  const program = await gpu.compile(() => ({
    r1: traceR1({
      source: gpu.input('source', [BATCH, CONFIG.edge, CONFIG.edge, 3]),
      target: gpu.input('target', [BATCH, CONFIG.edge, CONFIG.edge, 3]),
      judge: (tape, pair) => comodganJudge(tape, new Layers(discriminator.weights.tensors), CONFIG, pair),
      discriminator: discriminator.trained(gpu.input('hyper', [8])),
      gamma: GAMMA,
      interval: INTERVAL,
    }),
  }));
  const hyper = adamHyper(1, { lr: 0, beta1: 0, beta2: 0.99, eps: 1e-8, weightDecay: 0 });
  const { r1 } = await program.run({ source, target, hyper });
  const gradients = await discriminator.m.save();
  program.dispose();
  discriminator.dispose();
  return { r1: r1![0]!, gradients };
}

test('the penalty and its gradients are those of a float64 gradient of a gradient', async () => {
  const { r1, gradients } = await onDevice();
  const of = new Map([...weights].map(([name, { data }]) => [name, Float64Array.from(data)]));
  const v = gradient(of);
  assert.ok(Math.abs(r1 - penalty(v)) < 1e-4 * penalty(v), `${r1}, the reference ${penalty(v)}`);
  for (const [name, { data }] of gradients) {
    const values = of.get(name)!;
    const i = data.reduce((best, a, j) => (Math.abs(a) > Math.abs(data[best]!) ? j : best), 0);
    // The scores along v as it is; for two weights the whole penalty, with v found anew each time.
    const along = () => (GAMMA / BATCH) * slope(of, v, 1e-4);
    const whole = () => penalty(gradient(of));
    const f = ['rgb.weight', 'b4.conv.weight'].includes(name) ? whole : along;
    const want = INTERVAL * derivative(values, i, f);
    const size = Math.sqrt(data.reduce((sum, a) => sum + a * a, 0) / data.length);
    assert.ok(
      Math.abs(data[i]! - want) < 1e-3 * Math.max(size, 0.1),
      `${name} ${data[i]}, the reference ${want}`,
    );
  }
  for (const last of ['b4.conv', 'dense', 'score'])
    assert.ok(
      gradients.get(`${last}.bias`)!.data.every((a) => a === 0),
      last,
    );
});

test.run();
