import { test } from 'uvu';
import * as assert from 'uvu/assert';
import matmulKernel from '#kernels/matmul/forward.wgsl';
import { fastestForm } from '../../src/runtime/contest.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { gemmLaunch } from '../../src/runtime/ops/gemm.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import type { Program } from '../../src/runtime/program.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { type Timer, timerOf, wallTimer } from '../../src/runtime/timers.ts';
import { type TuneOptions, type Tuning, tune } from '../../src/runtime/tune.ts';
import type { Choice, Form } from '../../src/runtime/tuner.ts';
import { normals } from '../ops/spec.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const N = 64;
const draw = (count: number, seed = 1): Float32Array => {
  const next = normals(seed);
  return Float32Array.from({ length: count }, next);
};

/** A product whose choice a test has changed: its default is `plain 4x1`. */
function product(
  a: Tensor,
  b: Tensor,
  change: (plain: Form) => Record<string, Form>,
  key = 'tested',
): Tensor {
  const y = a.like([N, N]);
  const launch = gemmLaunch(gpu, {
    kernel: 'test',
    rows: N,
    cols4: N / 4,
    depth: N,
    batch: 1,
    operands: [a, b, y],
  });
  const plain = launch.choice.forms.get('plain 4x1')! as typeof launch;
  const forms = new Map<string, Form>([['plain 4x1', plain], ...Object.entries(change(plain))]);
  const choice: Choice = { key, name: 'plain 4x1', forms };
  const params = { m: N, n: N, k: N, a_pitch: N, n4: N / 4, a_batch: 0, b_batch4: 0 };
  const { core, groups, specials } = plain;
  const overrides = { ...plain.overrides, TRANS_A: false, HAS_BIAS: false, HAS_RESIDUAL: false };
  gpu.run(matmulKernel, { a, b, bias: b, residual: b, y }, params, {
    core,
    groups,
    specials,
    overrides,
    choice,
    flops: 2 * N ** 3,
  });
  return y;
}

const programOf = (change: (plain: Form) => Record<string, Form>): Promise<Program> =>
  gpu.compile(() => ({ y: product(gpu.input('a', [N, N]), gpu.input('b', [N, N]), change) }));

async function tuned(program: Program, options: Partial<TuneOptions> = {}): Promise<Tuning> {
  await program.run({ a: draw(N * N, 1), b: draw(N * N, 2) });
  return tune(program, { seconds: 600, ...options });
}

/** Milliseconds by the name of a form, whatever the device says. */
const fakeTimer =
  (ms: Readonly<Record<string, number>>): Timer =>
  async (gpu, step, times) => {
    await wallTimer(gpu, step, times);
    return ms[step.launch.choice!.name] ?? 10;
  };

test('a slow form loses on the device itself, and a fast one wins over a slow default', async () => {
  // Rows beyond the last: work whose results are dropped. A GPU does a hundred times the little at once.
  const times = gpu.features.software ? 100 : 10_000;
  const slow = ({ groups: [x, y], ...rest }: Form): Form => ({ ...rest, groups: [x, y * times, 1] });
  const program = await programOf((plain) => ({ slow: slow(plain) }));
  const { choices, keys } = await tuned(program);
  assert.is(choices.get('tested'), 'plain 4x1');
  const { ms } = keys[0]!;
  assert.ok(ms.get('slow')! > 2 * ms.get('plain 4x1')!, `slow ${ms.get('slow')}`);
  program.dispose();
});

test('the fastest form by the timer is chosen; ties and small gains leave the default', async () => {
  const program = await programOf((plain) => ({ one: plain, two: plain }));
  const chosen = async (ms: Record<string, number>) =>
    (await tuned(program, { timer: fakeTimer(ms) })).choices.get('tested');
  assert.is(await chosen({ 'plain 4x1': 3, one: 2.5, two: 2 }), 'two');
  assert.is(await chosen({ 'plain 4x1': 3, one: 2, two: 2 }), 'one');
  assert.is(await chosen({ 'plain 4x1': 2, one: 2, two: 2 }), 'plain 4x1');
  assert.is(await chosen({ 'plain 4x1': 2, one: 1.97, two: 2 }), 'plain 4x1');
  assert.is(await chosen({ 'plain 4x1': 9, one: 1, two: 2 }), 'one');
  program.dispose();
});

test('forms that are twice as slow leave after the first round, the others have their rounds', async () => {
  const program = await programOf((plain) => ({ slow: plain, near: plain }));
  const count = new Map<string, number>();
  const timer: Timer = async (gpu, step, times) => {
    const { name } = step.launch.choice!;
    count.set(name, (count.get(name) ?? 0) + 1);
    return fakeTimer({ 'plain 4x1': 2, slow: 4.1, near: 3.9 })(gpu, step, times);
  };
  await tuned(program, { timer, rounds: 4 });
  // The rounds; the default is timed once more to rank the keys.
  assert.equal(Object.fromEntries(count), { 'plain 4x1': 5, slow: 1, near: 4 });
  program.dispose();
});

test('a form with other numbers is refused with the reason, and so is one that leaves elements out', async () => {
  const program = await programOf((plain) => ({
    // A tile of which half the rows are never started.
    part: { ...plain, groups: [plain.groups[0], plain.groups[1] / 2, 1] },
    // Tiles that the grid is too sparse for.
    wide: { ...plain, specials: { ROWS: 2, COLS: 1 } },
    broken: { ...plain, core: 'gemm/absent' },
    huge: { ...plain, groups: [70_000, 1, 1] },
    right: plain,
  }));
  const timer = fakeTimer({ part: 1, wide: 1, broken: 1, huge: 1, right: 8 });
  const { choices, keys } = await tuned(program, { timer });
  assert.is(choices.get('tested'), 'right');
  const refused = Object.fromEntries(keys[0]!.refused);
  assert.equal(Object.keys(refused), ['part', 'wide', 'broken', 'huge']);
  assert.match(refused.part!, /^element \d+ is NaN, the default form gives -?\d/);
  assert.match(refused.wide!, /^element \d+ is NaN/);
  assert.match(refused.broken!, /has no core gemm\/absent/);
  assert.match(refused.huge!, /70000 x 1 x 1 workgroups are too many/);
  // Nothing of what was tried stays behind.
  const [a, b] = [draw(N * N, 1), draw(N * N, 2)];
  const { y } = await program.run({ a, b });
  const want = a.subarray(0, N).reduce((sum, v, k) => sum + v * b[k * N]!, 0);
  assert.ok(Math.abs(y![0]! - want) < 1e-4, `${y![0]} ${want}`);
  program.dispose();
});

test('one bad sample of the default does not make it lose', async () => {
  const program = await programOf((plain) => ({ other: plain }));
  let first = 2;
  // The survey's sample and the first round's are bad.
  const timer: Timer = async (gpu, step, times) => {
    await wallTimer(gpu, step, times);
    return step.launch.choice!.name === 'other' ? 2 : first-- > 0 ? 50 : 1;
  };
  assert.is((await tuned(program, { timer })).choices.get('tested'), 'plain 4x1');
  program.dispose();
});

test('a default that gives NaN is never replaced', async () => {
  const program = await programOf((plain) => ({ other: plain }));
  await program.run({ a: draw(N * N).fill(Number.NaN), b: draw(N * N, 2) });
  const { choices, keys } = await tune(program, { seconds: 600, timer: fakeTimer({ other: 1 }) });
  assert.is(choices.get('tested'), 'plain 4x1');
  assert.ok(keys[0]!.refused.has('other'));
  program.dispose();
});

/** Three products of different keys, with a clock that only samples move. */
async function budgeted(seconds: number): Promise<{ tuning: Tuning; spent: number }> {
  let spent = 0;
  const ms: Readonly<Record<string, number>> = { small: 10, large: 400, middle: 100 };
  const program = await gpu.compile(() => {
    const [a, b] = [gpu.input('a', [N, N]), gpu.input('b', [N, N])];
    const y = ['small', 'large', 'middle', 'small'].reduce(
      (x, key) => product(x, b, (plain) => ({ other: plain }), key),
      a,
    );
    return { y };
  });
  const timer: Timer = async (gpu, step) => {
    await wallTimer(gpu, step, 1);
    const { key, name } = step.launch.choice!;
    const cost = ms[key]! * (name === 'other' ? 0.5 : 1);
    spent += cost;
    return cost;
  };
  await program.run({ a: draw(N * N, 1), b: draw(N * N, 2) });
  const tuning = await tune(program, { seconds, timer, now: () => spent });
  program.dispose();
  return { tuning, spent };
}

test('the budget is kept, and goes to the keys with the largest share of the time', async () => {
  const all = await budgeted(20);
  assert.equal(all.tuning.left, []);
  assert.equal(
    [...all.tuning.choices].sort(),
    ['large', 'middle', 'small'].map((key) => [key, 'other']),
  );
  assert.is(all.tuning.keys.find(({ key }) => key === 'small')!.calls, 2);
  const some = await budgeted(3.2);
  assert.equal([...some.tuning.choices.keys()], ['large']);
  assert.equal(some.tuning.left, ['small', 'middle']);
  assert.ok(some.spent <= 3200 + 400, `${some.spent} ms`);
  const none = await budgeted(0);
  assert.is(none.tuning.choices.size, 0);
  assert.is(none.spent, 0);
});

test('keys that are known are left out', async () => {
  const program = await programOf((plain) => ({ other: plain }));
  const { keys, left } = await tuned(program, { known: new Set(['tested']) });
  assert.equal([keys, left], [[], []]);
  program.dispose();
});

test('without timestamps wall time decides', async () => {
  const { features } = gpu;
  Object.assign(gpu, { features: { ...features, timestamps: false } });
  assert.is(timerOf(gpu), wallTimer);
  const program = await programOf((plain) => ({ other: plain }));
  const { keys } = await tuned(program);
  assert.ok([...keys[0]!.ms.values()].every((ms) => ms > 0));
  program.dispose();
  Object.assign(gpu, { features });
});

/** A convolution, its products with a forced or tuned form. */
async function convolved(device: Gpu, options: Partial<TuneOptions> | null) {
  const shapes = { x: [1, 24, 24, 12], w: [3, 3, 12, 40], b: [40, 40] };
  const program = await device.compile(() => {
    const [x, w, b] = Object.entries(shapes).map(([name, shape]) => device.input(name, shape)) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    return { y: matmul(null, conv2d(null, x, w, null, { padding: [1, 1] }).view([576, 40]), b) };
  });
  const values = Object.entries(shapes).map(([name, shape], i) => [
    name,
    draw(
      shape.reduce((n, d) => n * d, 1),
      i,
    ),
  ]);
  const { y } = await program.run(Object.fromEntries(values));
  const forms = program.each.flatMap(({ launch }) => launch.choice?.name ?? []);
  const tuning = options && (await tune(program, { seconds: 600, ...options }));
  program.dispose();
  return { y: y!, forms, choices: tuning?.choices ?? new Map<string, string>() };
}

test('a device opened with what was found computes the bits of one with that form forced', async () => {
  const { choices } = await convolved(gpu, { timer: fakeTimer({ 'register 8x2': 1 }) });
  assert.equal([...choices.values()], ['register 8x2', 'register 8x2']);
  const [tunedGpu, forcedGpu] = [
    await Gpu.open({ choices: async ({ vendor }) => (vendor === gpu.info.vendor ? choices : new Map()) }),
    await Gpu.open({ family: 'register' }),
  ];
  const [found, forced] = [await convolved(tunedGpu, null), await convolved(forcedGpu, null)];
  assert.equal(found.forms, ['register 8x2', 'register 8x2']);
  assert.equal(forced.forms, found.forms);
  assert.equal(Buffer.from(found.y.buffer), Buffer.from(forced.y.buffer));
  tunedGpu.close();
  forcedGpu.close();
});

test('the choice hangs on the measurements alone', () => {
  const samples = (rows: Record<string, number[]>) => new Map(Object.entries(rows));
  assert.is(fastestForm(samples({ a: [3, 9, 3], b: [2, 2, 8], c: [1] }), 0, 3), 'b');
  assert.is(fastestForm(samples({ a: [3, 3, 3], b: [3, 3, 3] }), 0, 3), 'a');
  assert.is(fastestForm(samples({ a: [3], b: [2, 2, 2] }), 0.5, 3), 'a');
});

test.run();
