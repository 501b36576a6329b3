import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import {
  type AdamConfig,
  type AdamOptions,
  adamHyper,
  adamStep,
  HYPER_LENGTH,
} from '../../src/runtime/ops/adam.ts';
import { normals } from './spec.ts';

const N = 270;
const STEPS = 10;
const config: AdamConfig = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

interface Case extends AdamOptions {
  readonly name: string;
  readonly config?: Partial<AdamConfig>;
  /** Standard deviation of the gradients. */
  readonly spread?: number;
}

const cases: readonly Case[] = [
  { name: 'Adam' },
  { name: 'Adam for GANs, beta1 0', config: { lr: 1e-4, beta1: 0, beta2: 0.9 } },
  { name: 'Adam with decay in the gradient', config: { lr: 0.01, weightDecay: 0.1 } },
  { name: 'AdamW', config: { weightDecay: 0.01 }, decoupled: true },
  { name: 'Adam clipped', maxNorm: 1 },
  { name: 'Adam clipped, norm near 1e-6', maxNorm: 1e-6, spread: 1e-7 },
  { name: 'Adam with room under the largest norm', maxNorm: 1000 },
];

interface State {
  readonly params: Float64Array;
  readonly m: Float64Array;
  readonly v: Float64Array;
}

/** PyTorch's step, as written in its documentation, in place; returns the norm of the gradients. */
function reference(
  state: State,
  grads: Float64Array,
  step: number,
  c: AdamConfig,
  options: AdamOptions,
): number {
  const norm = Math.hypot(...grads);
  const clip = Math.min(1, (options.maxNorm ?? Number.POSITIVE_INFINITY) / (norm + 1e-6));
  for (let i = 0; i < N; i++) {
    let p = state.params[i]!;
    let g = grads[i]! * clip;
    if (options.decoupled) p *= 1 - c.lr * c.weightDecay;
    else g += c.weightDecay * p;
    state.m[i] = c.beta1 * state.m[i]! + (1 - c.beta1) * g;
    state.v[i] = c.beta2 * state.v[i]! + (1 - c.beta2) * g * g;
    const mHat = state.m[i]! / (1 - c.beta1 ** step);
    const vHat = state.v[i]! / (1 - c.beta2 ** step);
    state.params[i] = p - (c.lr * mHat) / (Math.sqrt(vHat) + c.eps);
  }
  return norm;
}

/** The last ten elements stand for a gap between two parameters: they start at zero and get no gradient. */
const values = (draw: () => number, spread = 1): Float64Array =>
  Float64Array.from({ length: N }, (_, i) => (i < N - 10 ? Math.fround(spread * draw()) : 0));

function compare(got: ArrayLike<number>, want: Float64Array, tolerance: number, what: string): void {
  const scale = Math.hypot(...want) / Math.sqrt(N);
  for (let i = 0; i < N; i++) {
    const error = Math.abs(got[i]! - want[i]!) / scale;
    if (!(error <= tolerance))
      assert.unreachable(`${what}[${i}] is ${got[i]}, not ${want[i]}: off by ${error}`);
  }
}

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

for (const c of cases) {
  test(`ten steps of ${c.name}`, async () => {
    const settings = { ...config, ...c.config };
    const draw = normals(c.name.length);
    const state: State = { params: values(draw), m: new Float64Array(N), v: new Float64Array(N) };
    const params = gpu.parameter('params', [N], state.params);
    const m = gpu.parameter('m', [N]);
    const v = gpu.parameter('v', [N]);
    const program = await gpu.compile(() => {
      const grads = gpu.input('grads', [N]);
      return { norm: adamStep({ params, grads, m, v }, gpu.input('hyper', [HYPER_LENGTH]), c) };
    });
    for (let step = 1; step <= STEPS; step++) {
      const grads = values(draw, c.spread);
      const { norm } = await program.run({ grads, hyper: adamHyper(step, settings) });
      const wanted = reference(state, grads, step, settings, c);
      assert.ok(Math.abs(norm![0]! - wanted) <= 1e-6 * wanted, `norm is ${norm![0]}, not ${wanted}`);
      compare(await gpu.read(params), state.params, 2e-6, `params after step ${step}`);
    }
    compare(await gpu.read(m), state.m, 1e-6, 'm');
    compare(await gpu.read(v), state.v, 2e-6, 'v');
    for (const t of [params, m, v]) gpu.dispose(t);
    program.dispose();
  });
}

test('the hyper tensor is computed in float64', () => {
  const hyper = adamHyper(1000, config);
  assert.is(hyper.length, HYPER_LENGTH);
  assert.is(hyper[2], 1 - 0.999);
  assert.is(hyper[0], 1e-3 / (1 - 0.9 ** 1000));
});

test('tensors of different lengths are refused by name', async () => {
  const params = gpu.parameter('params', [8]);
  const short = gpu.parameter('short', [4]);
  await gpu
    .compile(() => {
      adamStep({ params, grads: params, m: short, v: params }, gpu.input('hyper', [HYPER_LENGTH]));
      return {};
    })
    .then(
      () => assert.unreachable('a short m went through'),
      (error: Error) => assert.match(error.message, /adam: params is \[8\], m is \[4\]/),
    );
  for (const t of [params, short]) gpu.dispose(t);
});

test.run();
