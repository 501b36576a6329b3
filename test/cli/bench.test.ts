import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PHONES, project } from '../../src/cli/bench/phones.ts';
import { compareTimes, quantile, summarise } from '../../src/cli/bench/statistics.ts';
import { assertRefused, run } from './run_program.ts';
import { withFolder } from './scratch.ts';

const TINY = ['bench', '--preset', 'tiny', '--size', '16', '--seconds', '0'];

test('quantiles lie on straight lines between the values', () => {
  assert.equal(
    [0, 0.5, 1].map((p) => quantile([1, 2, 4], p)),
    [1, 2, 4],
  );
  assert.is(quantile([1, 2, 4], 0.75), 3);
  assert.is(quantile([7], 0.95), 7);
  const { count, q1, median, q3, p95 } = summarise(Array.from({ length: 101 }, (_, i) => 100 - i));
  assert.equal([count, q1, median, q3, p95], [101, 25, 50, 75, 95]);
  assert.throws(() => summarise([]), RangeError);
});

const spread = (median: number, iqr: number) => ({
  count: 9,
  q1: median - iqr / 2,
  median,
  q3: median + iqr / 2,
  p95: median + 2 * iqr,
});

test('a difference counts where it is larger than the noise of both, and than 2 %', () => {
  assert.is(compareTimes(spread(100, 4), spread(105, 4)), 'slower');
  assert.is(compareTimes(spread(100, 4), spread(95, 4)), 'faster');
  assert.is(compareTimes(spread(100, 4), spread(103, 4)), 'same');
  assert.is(compareTimes(spread(100, 4), spread(110, 20)), 'same');
  assert.is(compareTimes(spread(100, 20), spread(90, 4)), 'same');
  assert.is(compareTimes(spread(100, 0), spread(101.9, 0)), 'same');
  assert.is(compareTimes(spread(100, 0), spread(102.1, 0)), 'slower');
});

test('a projection keeps the share of the roof, and never beats the roof', () => {
  const here = { gflops: 10, gbytes: 1, clock: 'timestamps' } as const;
  const phone = { name: 'phone', gflops: 100, gbytes: 20 };
  const kernel = { label: '', kernel: '', core: null };
  const half = { ...kernel, ms: 20, flops: 1e8, bytes: 0 };
  const cached = { ...kernel, ms: 1, flops: 0, bytes: 2e6 };
  const idle = { ...kernel, ms: 1, flops: 0, bytes: 0 };
  assert.is(project([half], here, phone).projected.ms, 2);
  assert.is(project([cached], here, phone).projected.ms, 0.1);
  assert.is(project([half, cached, idle], here, phone).projected.ms, 2.1);
  assert.is(project([half], here, phone).projected.fps, 500);
  for (const { gflops, gbytes } of PHONES) assert.ok(gflops > 50 && gbytes > 5 && gflops / gbytes < 100);
});

test('saves a result, compares with it, holds a gate', async () => {
  await withFolder(async (folder) => {
    const file = join(folder, 'base.json');
    const first = await run(...TINY, '--save', file, '--target-fps', '0.01', '--gate');
    assert.is(first.code, 0, first.err);
    assert.match(first.out, /│ tiny +│ .* met │/);
    const saved = JSON.parse(await readFile(file, 'utf8'));
    checkResult(saved);

    const { code, out, err } = await run(...TINY, '--compare', file, '--target-fps', '100000', '--json');
    assert.is(code, 0, err);
    const [compared] = JSON.parse(out).comparisons;
    assert.is(compared.before, saved.results[0].frame.median);
    assert.ok(['faster', 'slower', 'same'].includes(compared.verdict));

    const missed = await run(...TINY, '--target-fps', '100000', '--gate');
    assert.is(missed.code, 3);
    assert.match(missed.err, /^e2gan: gate: tiny runs at [\d.]+ FPS, the target is 100000\n$/);
    assert.match(missed.out, / missed │/);
    await checkBaselines(file, saved);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: JSON that this test looks into
function checkResult(saved: any): void {
  assert.equal([saved.width, saved.height, saved.paper], [16, 16, { ms: 15.5, fps: 30 }]);
  const [{ preset, frame, fps, gpuMs, javascript, launches, projections }] = saved.results;
  assert.is(preset, 'tiny');
  assert.ok(frame.count >= 5 && frame.q1 <= frame.median && frame.median <= frame.p95);
  assert.is(fps, 1000 / frame.median);
  assert.ok(launches > 50 && javascript.encode > 0);
  if (gpuMs === null) {
    console.log('SKIP projection: this device has no timestamp-query');
    return;
  }
  assert.ok(gpuMs > 0);
  assert.is(projections.length, PHONES.length);
  for (const { projected } of projections) assert.ok(projected.ms > 0 && Number.isFinite(projected.ms));
}

// biome-ignore lint/suspicious/noExplicitAny: JSON that this test changes
async function checkBaselines(file: string, saved: any): Promise<void> {
  const against = async (change: (copy: typeof saved) => void, ...flags: string[]) => {
    const copy = structuredClone(saved);
    change(copy);
    await writeFile(file, JSON.stringify(copy));
    return run(...TINY, '--compare', file, ...flags);
  };
  const scale = (copy: typeof saved, by: number) => {
    for (const key of ['q1', 'median', 'q3', 'p95']) copy.results[0].frame[key] *= by;
  };
  const slower = await against((copy) => scale(copy, 1e-3), '--gate');
  assert.is(slower.code, 3);
  assert.match(slower.err, /gate: tiny takes [\d.]+ times as long as in .*base\.json/);
  assert.match(slower.out, / slower \(/);
  const faster = await against((copy) => scale(copy, 1e3), '--gate');
  assert.is(faster.code, 0, faster.err);
  assert.match(faster.out, / faster \(/);

  const refused = async (change: (copy: typeof saved) => void, message: RegExp) =>
    assertRefused(await against(change), 1, message);
  await refused((copy) => {
    copy.adapter.description = 'Another GPU';
  }, /base\.json: was measured on another adapter, Another GPU, this one is /);
  await refused((copy) => {
    copy.height = 32;
  }, /base\.json: was measured at 16x32, not 16x16/);
  await refused((copy) => {
    copy.results[0].preset = 'paper';
  }, /base\.json: has no preset tiny, only paper/);
  await refused((copy) => {
    copy.results[0].frame.median = 'fast';
  }, /base\.json: is no result of e2gan bench/);
}

test('wrong flags and files are refused before any work, and leave nothing', async () => {
  await withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await writeFile(at('taken.json'), '{');
    const refused = async (args: string[], code: number, message: RegExp) =>
      assertRefused(await run(...TINY, ...args), code, message);
    await refused(['--preset', 'tiny,huge'], 2, /--preset.*no preset "huge", only tiny, small, paper/);
    await refused(['--preset', 'toString'], 2, /no preset "toString"/);
    await refused(['--size', '20'], 2, /--size.*20 is not a multiple of 8/);
    await refused(['--seconds', '-1'], 2, /--seconds.*-1 is not from 0/);
    await refused(['--target-fps', '0'], 2, /--target-fps.*0 is not from/);
    await refused(['--target-fps', 'fast'], 2, /--target-fps.*decimal number/);
    await refused(['--gate'], 2, /--gate needs something to hold: give --target-fps or --compare/);
    await refused(['--save', at('b.txt')], 2, /b\.txt: JSON is written, call it \.json/);
    await refused(['--save', at('taken.json')], 2, /taken\.json: exists already; .*--force/);
    await refused(['--save', at('no/b.json')], 1, /no\/b\.json: cannot write it: no such file/);
    await refused(['--compare', at('absent.json')], 1, /absent\.json: cannot read it: no such file/);
    await refused(['--compare', at('taken.json')], 1, /taken\.json: is no result of e2gan bench/);
    assert.equal(await readdir(folder), ['taken.json']);
  });
});

test.run();
