import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import { coverage, median, Stopwatch, type TimedRun, timelineOf } from '../../src/runtime/timeline.ts';
import { countCalls } from './counted_calls.ts';
import { Graph } from './launch_graph.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
  if (!gpu.features.timestamps) console.log('SKIP timed programs: this device has no timestamp-query');
});
test.after(() => gpu.close());

const span = (begin: number, end: number) => ({ begin, end });

test('coverage: gaps count once, overlaps once, in any order', () => {
  assert.equal(coverage([]), { length: 0, covered: 0 });
  assert.equal(coverage([span(2, 5)]), { length: 3, covered: 3 });
  assert.equal(coverage([span(0, 1), span(3, 4)]), { length: 4, covered: 2 });
  assert.equal(coverage([span(6, 9), span(0, 4), span(1, 2), span(3, 7)]), { length: 9, covered: 9 });
  assert.equal(coverage([span(1, 1), span(2, 2)]), { length: 1, covered: 0 });
});

test('median: the middle, the upper of two, in any order, and its argument stays', () => {
  const values = [9, 1, 10, 2];
  assert.is(median(values), 9);
  assert.is(median([3, 1, 2]), 2);
  assert.equal(values, [9, 1, 10, 2]);
  assert.ok(Number.isNaN(median([])));
});

test('a stopwatch leaves nothing between its laps', () => {
  const watch = new Stopwatch();
  for (const name of ['a', 'b', 'c']) watch.lap(name);
  const [a, b, c] = watch.phases;
  assert.equal([a!.name, b!.name, c!.name], ['a', 'b', 'c']);
  assert.equal([a!.end, b!.end], [b!.begin, c!.begin]);
  assert.ok(a!.begin <= a!.end && c!.begin <= c!.end);
});

test('a timeline: medians of each launch, and the run of median length', () => {
  const graph = new Graph();
  const [x, y, z] = [graph.input('x'), graph.temp(), graph.temp([8])];
  const launches = [graph.launch('first', [x, x], [y]), graph.launch('second', [y], [z])];
  const run = (...spans: [number, number][]): TimedRun => ({
    spans: spans.map(([begin, end]) => span(begin, end)),
    encoded: span(0, 0),
    submitted: 0,
  });
  const runs = [run([0, 1], [1, 9]), run([0, 3], [4, 6]), run([0, 2], [2, 3])];
  const timeline = timelineOf(launches, runs);
  assert.equal(
    timeline.kernels.map(({ label, ms, bytes }) => [label, ms, bytes]),
    [
      ['first', 2, 32],
      ['second', 2, 48],
    ],
  );
  assert.is(timeline.run, runs[1]);
  assert.equal([timeline.length, timeline.covered], [6, 5]);
  assert.throws(() => timelineOf(launches, []), /no run was timed/);
});

const product = () =>
  gpu.compile(() => {
    const x = gpu.input('x', [64, 64]);
    return { y: matmul(null, matmul(null, x, transpose(null, x)), x) };
  });

test('a timed run is one submit; its launches follow each other from zero on', async () => {
  if (!gpu.features.timestamps) return;
  const program = await product();
  await program.run({ x: new Float32Array(64 * 64) });
  const calls = countCalls(gpu.device.queue, ['submit']);
  const { run, kernels, length, covered } = await program.timeline(1);
  calls.restore();
  // The other one copies the timestamps.
  assert.equal(calls.made, { submit: 2 });
  assert.is(run.spans.length, 3);
  assert.is(run.spans[0]!.begin, 0);
  for (const [i, { begin, end }] of run.spans.entries()) {
    assert.ok(begin <= end);
    assert.is(kernels[i]!.ms, end - begin);
    if (i > 0) assert.ok(begin >= run.spans[i - 1]!.end - 1e-6, 'a launch waits for what it reads');
  }
  assert.ok(covered > 0 && covered <= length);
  assert.ok(run.encoded.begin <= run.encoded.end && run.encoded.end <= run.submitted);
  program.dispose();
});

test('the phases of a compile follow each other', async () => {
  const program = await product();
  const { compiled } = program;
  assert.equal(
    compiled.map((p) => p.name),
    ['trace', 'plan', 'pipelines', 'buffers'],
  );
  for (const [i, phase] of compiled.entries()) assert.is(phase.begin, i ? compiled[i - 1]!.end : phase.begin);
  program.dispose();
});

test('a replay says where its JavaScript went, and sets no pipeline twice', async () => {
  const program = await gpu.compile(() => {
    let y = gpu.input('x', [8, 8]);
    for (let i = 0; i < 6; i++) y = transpose(null, y);
    return { y };
  });
  const pass = Object.getPrototypeOf(gpu.device.createCommandEncoder().beginComputePass());
  const { setPipeline } = pass;
  let set = 0;
  pass.setPipeline = function (...args: unknown[]) {
    set++;
    return setPipeline.apply(this, args);
  };
  const begin = performance.now();
  program.submit({ x: new Float32Array(64) });
  const whole = performance.now() - begin;
  pass.setPipeline = setPipeline;
  await program.settle();
  assert.is(program.each.length, 6);
  assert.is(set, 1);
  const { write, encode, submit } = program.replay.times;
  for (const part of [write, encode, submit]) assert.ok(part >= 0, `${part}`);
  assert.ok(encode > 0 && write + encode + submit <= whole);
  assert.equal(
    program.replay.phases.map((p) => p.name),
    ['write', 'encode', 'submit'],
  );
  program.dispose();
});

test.run();
