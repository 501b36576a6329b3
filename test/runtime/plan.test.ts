import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { type Plan, planLaunches } from '../../src/runtime/plan.ts';
import { type Launch, reads, writes } from '../../src/runtime/recording.ts';
import { rootOf, type Storage, type Tensor } from '../../src/runtime/tensor.ts';
import { Random } from '../../src/train/random.ts';
import { Graph, interpret, placesOf, randomGraph, type Values } from './launch_graph.ts';

const itself = (s: Storage): unknown => s;
const labels = (launches: readonly Launch[]): string[] => launches.map((l) => l.label);

test('launches that no output or parameter needs are dropped, with all that only they need', () => {
  const graph = new Graph();
  const [x, a, b, c, y] = [graph.input('x'), graph.temp(), graph.temp(), graph.temp(), graph.temp()];
  graph.launch('a', [x], [a]);
  graph.launch('b', [a], [b]);
  graph.launch('c', [b], [c]);
  graph.launch('y', [a], [y]);
  const plan = planLaunches(graph.recording, { y });
  assert.equal(labels(plan.each), ['a', 'y']);
  assert.equal(new Set(plan.slots.flatMap((s) => s.storages)), new Set([a.storage, y.storage]));
});

test('a launch that writes a parameter is never dropped', () => {
  const graph = new Graph();
  const [x, g, w] = [graph.input('x'), graph.temp(), graph.parameter('w')];
  graph.launch('grad', [x], [g]);
  graph.launch('step', [g], [w]);
  assert.equal(labels(planLaunches(graph.recording, {}).each), ['grad', 'step']);
});

test('launches that hang on parameters alone are hoisted; those on inputs or trained parameters are not', () => {
  const graph = new Graph();
  const [x, w, trained] = [graph.input('x'), graph.parameter('w'), graph.parameter('trained')];
  const [packed, twice, other, y] = [graph.temp(), graph.temp(), graph.temp(), graph.temp()];
  graph.launch('pack', [w], [packed]);
  graph.launch('pack again', [packed], [twice]);
  graph.launch('pack trained', [trained], [other]);
  graph.launch('y', [x, twice, other], [y]);
  graph.launch('step', [y], [trained]);
  const plan = planLaunches(graph.recording, { y });
  assert.equal(labels(plan.once), ['pack', 'pack again']);
  assert.equal(labels(plan.each), ['pack trained', 'y', 'step']);
});

test('a temporary that is updated in place is not hoisted: the update would run twice on it', () => {
  const graph = new Graph();
  const [x, w, sum, y] = [graph.input('x'), graph.parameter('w'), graph.temp(), graph.temp()];
  graph.launch('start', [w], [sum]);
  graph.launch('more', [x], [sum]);
  graph.launch('y', [sum], [y]);
  assert.equal(labels(planLaunches(graph.recording, { y }).once), []);
});

test('a chain of temporaries lives in two buffers, its output in a third', () => {
  const graph = new Graph();
  let t = graph.input('x');
  for (let i = 0; i < 10; i++) {
    const next = graph.temp();
    graph.launch(`op${i}`, [t], [next]);
    t = next;
  }
  assert.is(planLaunches(graph.recording, { y: t }).slots.length, 3);
});

test('a launch that reads what it writes is named', () => {
  const graph = new Graph();
  const [x, t] = [graph.input('x'), graph.temp()];
  graph.launch('fill', [x], [t]);
  graph.launch('decoder/relu', [t], [t]);
  assert.throws(
    () => planLaunches(graph.recording, { t }),
    /^decoder\/relu: reads and writes temp0 in one launch/,
  );
});

test('two parts of one buffer count as one: WebGPU sees buffers', () => {
  const graph = new Graph();
  const [flat, a, b] = [graph.parameter('flat'), graph.parameter('a'), graph.parameter('b')];
  for (const part of [a, b]) part.storage.parent = flat.storage;
  graph.launch('mix', [a], [b]);
  assert.throws(() => planLaunches(graph.recording, {}), /^mix: reads and writes flat/);
});

test('a launch that writes one tensor through two bindings is named', () => {
  const graph = new Graph();
  const [x, t] = [graph.input('x'), graph.temp()];
  graph.launch('split', [x], [t, t]);
  assert.throws(() => planLaunches(graph.recording, { t }), /^split: reads and writes temp0/);
});

test('a temporary that nothing has written is not read, nor given out', () => {
  const graph = new Graph();
  const [empty, y] = [graph.temp(), graph.temp()];
  graph.launch('relu', [empty], [y]);
  const refused = (outputs: Record<string, Tensor>, pattern: RegExp) =>
    assert.throws(
      () => planLaunches(graph.recording, outputs),
      (e: Error) => e instanceof KernelError && pattern.test(e.message),
    );
  refused({ y }, /^relu: reads temp0, which nothing has written/);
  refused({ empty }, /nothing in this program writes the output empty/);
});

test('a whole with parts shares its buffer with nobody: its gaps stay zero', () => {
  const graph = new Graph();
  const [x, early, g, whole, late, y] = [
    graph.input('x'),
    graph.temp([64]),
    graph.temp(),
    graph.temp([64]),
    graph.temp([64]),
    graph.temp(),
  ];
  graph.launch('early', [x], [early]);
  graph.launch('grad', [early], [g]);
  g.storage.parent = whole.storage;
  graph.recording.parts.push(g.storage);
  graph.launch('late', [whole], [late]);
  graph.launch('y', [late], [y]);
  const { slots } = planLaunches(graph.recording, { y });
  assert.equal(slots.find((s) => s.storages.includes(whole.storage))?.storages, [whole.storage]);
});

/** First and last use of each temporary among the launches that run every time. */
function spans(launches: readonly Launch[]): Map<Storage, [number, number]> {
  const found = new Map<Storage, [number, number]>();
  launches.forEach((launch, i) => {
    for (const s of [...reads(launch), ...writes(launch)]) found.set(s, [found.get(s)?.[0] ?? i, i]);
  });
  return found;
}

function checkSlots(plan: Plan, name: string): void {
  const used = spans([...plan.once, ...plan.each]);
  for (const slot of plan.slots) {
    const lives = slot.storages.map((s) => ({ s, span: used.get(s)! })).sort((a, b) => a.span[0] - b.span[0]);
    for (const { s } of lives) assert.ok(s.bytes <= slot.bytes, `${name}: ${s.name} is larger than its slot`);
    lives.slice(1).forEach(({ s, span }, i) => {
      assert.ok(lives[i]!.span[1] < span[0], `${name}: ${lives[i]!.s.name} and ${s.name} overlap`);
    });
  }
}

/** Values of the outputs and parameters after one run by the definition. */
function resultsOf(graph: Graph, launches: readonly Launch[], outputs: Record<string, Tensor>): string {
  const values: Values = new Map();
  for (const t of [...graph.parameters, ...graph.recording.inputs.values()])
    values.set(t.storage, t.storage.name);
  interpret(launches, values, itself);
  return [...Object.values(outputs), ...graph.parameters].map((t) => values.get(rootOf(t.storage))).join();
}

test('400 random graphs: buffers are shared without overlap, and every launch that is left matters', () => {
  let [shared, dropped] = [0, 0];
  for (let seed = 0; seed < 400; seed++) {
    const { graph, outputs } = randomGraph(new Random(`plan ${seed}`));
    const plan = planLaunches(graph.recording, outputs);
    checkSlots(plan, `seed ${seed}`);
    shared += plan.slots.filter((s) => s.storages.length > 1).length;
    const { launches } = graph.recording;
    const want = resultsOf(graph, launches, outputs);
    for (const live of [...plan.once, ...plan.each]) {
      const other = launches.map((l) => (l === live ? { ...l, label: 'another op' } : l));
      assert.is.not(resultsOf(graph, other, outputs), want, `seed ${seed}: ${live.label} is dead`);
    }
    dropped += launches.length - plan.once.length - plan.each.length;
  }
  assert.ok(shared > 200 && dropped > 400, `the graphs hardly share (${shared}) or drop (${dropped})`);
});

/** Four runs of one random graph, with new inputs and now and then a written parameter, by definition and by plan. */
function compareRuns(seed: number): number {
  const random = new Random(`run ${seed}`);
  const { graph, outputs } = randomGraph(random);
  const plan = planLaunches(graph.recording, outputs);
  const placeOf = placesOf(plan);
  const [want, got]: [Values, Values] = [new Map(), new Map()];
  const set = (s: Storage, value: string) => {
    want.set(s, value);
    got.set(s, value);
  };
  for (const [i, w] of graph.parameters.entries()) set(w.storage, `w${i}`);
  for (let run = 0; run < 4; run++) {
    for (const [name, x] of graph.recording.inputs) set(x.storage, `${name} of run ${run}`);
    const isWritten = run > 0 && random.next() < 0.5;
    if (isWritten)
      for (const w of graph.parameters) set(w.storage, `${w.storage.name} written before run ${run}`);
    interpret(graph.recording.launches, want, itself);
    interpret([...(run === 0 || isWritten ? plan.once : []), ...plan.each], got, placeOf);
    for (const t of [...Object.values(outputs), ...graph.parameters]) {
      const s = rootOf(t.storage);
      assert.is(got.get(placeOf(s)), want.get(s), `seed ${seed}, run ${run}: ${s.name}`);
    }
  }
  return plan.once.length;
}

test('400 random graphs, planned and replayed, leave the outputs and parameters of the definition', () => {
  let hoisted = 0;
  for (let seed = 0; seed < 400; seed++) hoisted += compareRuns(seed);
  assert.ok(hoisted > 400, `the graphs hardly hoist: ${hoisted}`);
});

test.run();
