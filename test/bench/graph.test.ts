import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { caseValues } from '../../bench/cases/bench_case.ts';
import { benchCases } from '../../bench/cases/index.ts';
import { channelsFirst, channelsLast, pictureFirst } from '../../bench/graph/channels_first.ts';
import { type Graph, GraphBuilder, namedNodes, usesOf } from '../../bench/graph/graph.ts';
import { discriminatorGraph, generatorGraph, resnetGraph, unetGraph } from '../../bench/graph/networks.ts';
import { drawValues } from '../../bench/graph/values.ts';
import { forwardFlops, gradientFlops, leastBytes } from '../../bench/graph/work.ts';
import { generatorPresets } from '../../src/model/generator_spec.ts';
import { defaultRanks } from '../../src/model/lora.ts';
import { product } from '../../src/runtime/shape.ts';

const CONFIG = generatorPresets.paper;

const weightsIn = (graph: Graph, prefix = ''): number =>
  [...namedNodes(graph)]
    .filter(([name, { kind }]) => kind !== 'input' && name.startsWith(prefix))
    .reduce((sum, [, { shape }]) => sum + product(shape), 0);

test('the graphs have the published numbers of weights, and give pictures', () => {
  assert.is(weightsIn(generatorGraph(CONFIG, 256)), 7_186_179);
  assert.is(weightsIn(generatorGraph(CONFIG, 256, defaultRanks(CONFIG)), 'lora.'), 91_840);
  assert.is(weightsIn(discriminatorGraph({ width: 64, channels: 6 }, 128)), 2_767_809);
  assert.is(weightsIn(resnetGraph({ width: 64, blocks: 9 }, 256)), 11_378_179);
  assert.is(weightsIn(unetGraph({ width: 64 }, 256)), 54_413_955);
  for (const graph of [
    generatorGraph(CONFIG, 256),
    resnetGraph({ width: 64, blocks: 9 }, 256),
    unetGraph({ width: 64 }, 256),
  ])
    assert.equal(graph.nodes[graph.outputs.y!]!.shape, [1, 256, 256, 3]);
  const judge = discriminatorGraph({ width: 64, channels: 6 }, 128);
  assert.equal(judge.nodes[judge.outputs.score!]!.shape, [1, 14, 14, 1]);
});

test('a generator with skips is refused', () => {
  assert.throws(() => generatorGraph(generatorPresets.tiny, 64), /skips/);
});

test('operations are counted once for each factor that is differentiated', () => {
  const g = new GraphBuilder();
  const w = g.weight('w', 'conv2d', [3, 3, 4, 8]);
  const graph = g.finish({ y: g.conv2d(g.input('x', [1, 10, 10, 4]), w, null, { stride: 2, padding: 1 }) });
  const once = 2 * 5 * 5 * 8 * 9 * 4;
  assert.is(forwardFlops(graph), once);
  assert.is(gradientFlops(graph, new Set(['w'])), once);
  assert.is(gradientFlops(graph, new Set(['x', 'w'])), 2 * once);
  assert.is(gradientFlops(graph, new Set()), 0);
  assert.is(leastBytes(graph), 4 * (400 + 288 + 200));
});

test('a transposed convolution costs what its convolution does', () => {
  const g = new GraphBuilder();
  const w = g.weight('w', 'conv_transpose2d', [3, 3, 128, 256]);
  const graph = g.finish({ y: g.convTranspose2d(g.input('x', [1, 64, 64, 256]), w, null, 1, 1) });
  assert.equal(graph.nodes.at(-1)!.shape, [1, 128, 128, 128]);
  assert.is(forwardFlops(graph), 2 * 64 * 64 * 256 * 9 * 128);
});

test('attention by queries and keys of different number', () => {
  const g = new GraphBuilder();
  const [q, k, v] = [g.input('q', [1, 10, 8]), g.input('k', [1, 7, 8]), g.input('v', [1, 7, 8])];
  const graph = g.finish({ y: g.attention(q, k, v, 2) });
  assert.is(forwardFlops(graph), 2 * 10 * 7 * 16);
  assert.is(gradientFlops(graph, new Set(['q'])), 2.5 * 2 * 10 * 7 * 16);
});

test('uses are counted, outputs too', () => {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 2]);
  const y = g.add(x, x);
  assert.equal(usesOf(g.finish({ y, z: y })), [2, 2]);
});

test('layouts go there and back', () => {
  const x = { shape: [1, 2, 3, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) };
  assert.equal(pictureFirst(x).shape, [1, 2, 2, 3]);
  assert.equal([...pictureFirst(x).data], [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11]);
  const w = { shape: [2, 2, 3, 5], data: Float32Array.from({ length: 60 }, (_, i) => i) };
  assert.equal(channelsFirst(w, 'conv2d').shape, [5, 3, 2, 2]);
  for (const [values, kind] of [
    [x, 'input'],
    [w, 'conv2d'],
    [w, 'conv_transpose2d'],
    [{ shape: [3, 4], data: x.data }, 'linear'],
  ] as const)
    assert.equal(channelsLast(channelsFirst(values, kind), kind), values);
});

test('values hang on their names alone', () => {
  const named = new Map([['x', { shape: [1000], kind: 'input' as const }]]);
  const [a, b] = [drawValues(named).get('x')!.data, drawValues(named).get('x')!.data];
  assert.equal(a, b);
  const mean = a.reduce((sum, v) => sum + v, 0) / 1000;
  assert.ok(Math.abs(mean) < 0.05, `mean ${mean}`);
  const other = drawValues(new Map([['y', { shape: [1000], kind: 'input' as const }]])).get('y')!.data;
  assert.is.not(other[0], a[0]);
});

test('cases have names of their own, work, values for all they name, and a reason for each peer that cannot', () => {
  const cases = benchCases([64, 32]);
  assert.is(new Set(cases.map(({ name }) => name)).size, cases.length);
  for (const c of cases) {
    assert.ok(c.bytes > 0 && (c.flops > 0 || c.name.startsWith('instance norm')), c.name);
    assert.is('onnxruntime' in c.unable, c.workload.wanted.length > 0 || c.workload.step !== null, c.name);
    assert.ok(c.reference || c.workload.step || /\d+x\d+$/.test(c.name), c.name);
  }
  const step = caseValues(cases.find(({ name }) => name.startsWith('step LoRA'))!);
  for (const name of [
    'source',
    'target',
    'context',
    'lora.up1.lora_A',
    'generator.stem.weight',
    'discriminator.score.bias',
  ])
    assert.ok(step.has(name), name);
  assert.not.ok(step.has('picture'));
  const conv = cases.find(({ name }) => name.endsWith('64x64 with gradients'))!;
  assert.equal(caseValues(conv).get('dy')!.shape, [1, 64, 64, 256]);
});

test.run();
