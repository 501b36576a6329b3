import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memoryPlan } from '../../src/runtime/memory.ts';
import { planLaunches } from '../../src/runtime/plan.ts';
import { Random } from '../../src/train/random.ts';
import { Graph, randomGraph } from './launch_graph.ts';

test('bars: who wrote them, from the first launch to the last, the peak where most is alive', () => {
  const graph = new Graph();
  const [x, w] = [graph.input('x'), graph.parameter('w')];
  const [merged, a, b, y] = [graph.temp([4]), graph.temp([64]), graph.temp([32]), graph.temp([16])];
  graph.launch('merge', [w], [merged]);
  graph.launch('widen', [x, merged], [a]);
  graph.launch('narrow', [a], [b]);
  graph.launch('end', [b], [y]);
  const plan = memoryPlan(planLaunches(graph.recording, { y }));
  assert.equal(plan.launches, ['merge', 'widen', 'narrow', 'end']);
  assert.is(plan.once, 1);
  const bars = new Map(plan.bars.map((bar) => [bar.name, bar]));
  const life = (name: string) => {
    const { bytes, from, to, kept } = bars.get(name)!;
    return [bytes, from, to, kept];
  };
  assert.equal(life('merge'), [16, 0, 3, true]);
  assert.equal(life('widen'), [256, 1, 2, false]);
  assert.equal(life('narrow'), [128, 2, 3, false]);
  assert.equal(life('end'), [64, 0, 3, true]);
  assert.equal(plan.peak, { launch: 2, label: 'narrow', bytes: 16 + 256 + 128 + 64 });
  assert.equal([plan.unshared, plan.arena], [464, 464]);
});

test('bars of random plans never overlap, lie in the arena, and the peak fits in it', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const { graph, outputs } = randomGraph(new Random(seed));
    const plan = memoryPlan(planLaunches(graph.recording, outputs));
    for (const [i, a] of plan.bars.entries()) {
      assert.ok(a.from <= a.to && a.offset + a.bytes <= plan.arena);
      for (const b of plan.bars.slice(i + 1)) {
        const inTime = a.from <= b.to && b.from <= a.to;
        const inPlace = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
        assert.not.ok(inTime && inPlace, `seed ${seed}: ${a.name} and ${b.name}`);
      }
    }
    assert.ok((plan.peak?.bytes ?? 0) <= plan.arena && plan.arena <= plan.unshared);
  }
});

test('a plan without temporaries has no peak', () => {
  const graph = new Graph();
  const x = graph.input('x');
  assert.is(memoryPlan(planLaunches(graph.recording, { x })).peak, null);
});

test.run();
