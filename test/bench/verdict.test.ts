import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { meets, standing } from '../../bench/ratios.ts';
import type { CaseResult, Entry, Who } from '../../bench/results.ts';
import { compare, expectedFrom, judge, judgeAmong, type Verdict } from '../../bench/verdict.ts';

const outputs = (...data: number[]) =>
  new Map([['y', { shape: [data.length], data: Float32Array.from(data) }]]);

test('errors are shares of the expected root mean square', () => {
  const expected = [{ output: 'y', places: null, values: [3, 4] }];
  const { error } = compare(outputs(3, 5), expected);
  assert.ok(Math.abs(error - 1 / Math.sqrt(12.5)) < 1e-12);
  assert.is(compare(outputs(3, 4), expected).error, 0);
});

test('some places alone are compared', () => {
  const expected = [{ output: 'y', places: Int32Array.of(0, 2), values: [1, 1] }];
  assert.is(compare(outputs(1, 99, 1), expected).error, 0);
  assert.is(compare(outputs(1, 99, 2), expected).error, 1);
});

test('what is missing, of another length or NaN is infinitely wrong', () => {
  const expected = [{ output: 'y', places: null, values: [1, 2] }];
  for (const wrong of [
    outputs(1),
    outputs(1, 2, 3),
    outputs(Number.NaN, 2),
    outputs(1, Number.NaN),
    new Map(),
  ])
    assert.is(compare(wrong, expected).error, Number.POSITIVE_INFINITY);
  const places = [{ output: 'y', places: Int32Array.of(0, 5), values: [1, 2] }];
  assert.is(compare(outputs(1, 2), places).error, Number.POSITIVE_INFINITY);
});

test('the worst output is named', () => {
  const expected = [
    { output: 'y', places: null, values: [1] },
    { output: 'd x', places: null, values: [1] },
  ];
  const got = new Map([...outputs(1), ['d x', { shape: [1], data: Float32Array.of(3) }] as const]);
  assert.equal(compare(got, expected), { error: 2, output: 'd x' });
  assert.is(judge(got, expected, 1).status, 'wrong');
  assert.is(judge(got, expected, 2).status, 'right');
});

test('moments are compared over all their values, outputs by the largest difference', () => {
  const ones = (name: string, off: (i: number) => number) =>
    new Map([[name, { shape: [1000], data: Float32Array.from({ length: 1000 }, (_, i) => 1 + off(i)) }]]);
  const one = (i: number) => (i === 7 ? 0.05 : 0);
  for (const [name, status] of [
    ['m weight', 'right'],
    ['y', 'wrong'],
  ] as const)
    assert.is(judge(ones(name, one), expectedFrom(ones(name, () => 0)), 2e-2).status, status, name);
  const all = judge(
    ones('m weight', () => 0.05),
    expectedFrom(ones('m weight', () => 0)),
    2e-2,
  );
  assert.is(all.status, 'wrong');
});

test('a moment that is rounding alone is measured by the others', () => {
  const step = (bias: number) =>
    new Map([
      ['m weight', { shape: [2], data: Float32Array.of(1, -1) }],
      ['m bias', { shape: [1], data: Float32Array.of(bias) }],
    ]);
  assert.ok(compare(step(1e-8), expectedFrom(step(-3e-8))).error < 1e-5);
  assert.ok(compare(step(0.5), expectedFrom(step(1e-8))).error > 10);
});

test('expected zeros are compared as they are', () => {
  assert.is(compare(outputs(0.5), [{ output: 'y', places: null, values: [0] }]).error, 0.5);
});

test('without a reference the largest set that agrees is right', () => {
  const verdicts = judgeAmong(
    new Map([
      ['ours', outputs(1, 2)],
      ['lonely', outputs(7, 7)],
      ['friend', outputs(1.001, 2)],
    ]),
    0.01,
  );
  assert.equal(
    [...verdicts].map(([name, { status }]) => `${name} ${status}`),
    ['ours right', 'lonely wrong', 'friend right'],
  );
});

test('two that differ, or one alone, are doubtful', () => {
  const two = new Map([
    ['ours', outputs(1)],
    ['other', outputs(2)],
  ]);
  assert.equal(
    [...judgeAmong(two, 0.01).values()].map((v) => v.status),
    ['doubtful', 'doubtful'],
  );
  assert.is(judgeAmong(new Map([['ours', outputs(1)]]), 0.01).get('ours')!.status, 'doubtful');
  assert.is(judgeAmong(new Map(), 0.01).size, 0);
});

test('all of a library’s outputs are expected of the others', () => {
  const [e] = expectedFrom(outputs(1, 2));
  assert.is(e!.output, 'y');
  assert.equal([...(e!.values as Float32Array)], [1, 2]);
});

const entry = (who: Who, wall: number[], status: Verdict['status'] = 'right'): Entry => ({
  who,
  unable: '',
  notes: [],
  cold: null,
  verdict: { status, error: 0, output: 'y' },
  samples: wall.map((ms) => ({ wall: ms, cpu: ms / 2 + 1 })),
});

const result = (...entries: Entry[]): CaseResult => ({
  name: 'case',
  flops: 1,
  bytes: 1,
  target: 3,
  gpu: [],
  launches: 0,
  entries,
});

test('ours stands to the fastest right peer; PyTorch is no peer', () => {
  const c = result(
    entry('ours', [10, 11, 10]),
    entry('tfjs', [50, 50, 50]),
    entry('jax-js', [40, 99, 40]),
    entry('onnxruntime', [20, 20, 20], 'wrong'),
    entry('torch cpu', [1, 1, 1]),
  );
  assert.equal(standing(c, 'wall'), { peer: 'jax-js', ratio: 4 });
  assert.equal(standing(c, 'cpu'), { peer: 'jax-js', ratio: 21 / 6 });
  assert.is(meets(c, 'wall'), true);
  assert.is(meets({ ...c, target: 4.5 }, 'wall'), false);
  assert.is(meets({ ...c, target: null }, 'wall'), null);
});

test('there is no standing where ours is wrong, doubtful or without a peer', () => {
  const peer = entry('tfjs', [50]);
  assert.is(standing(result(entry('ours', [10], 'wrong'), peer), 'wall'), null);
  assert.is(standing(result(entry('ours', [10], 'doubtful'), peer), 'wall'), null);
  assert.is(standing(result(entry('ours', []), peer), 'wall'), null);
  assert.is(standing(result(entry('ours', [10]), entry('tfjs', [])), 'wall'), null);
  assert.is(meets(result(entry('ours', [10])), 'wall'), null);
});

test.run();
