import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseOptions } from '../../bench/options.ts';
import { folderName, smallerIsBetter, writeResult } from '../../bench/report/files.ts';
import { markdown } from '../../bench/report/markdown.ts';
import type { BenchResult, Entry, Who } from '../../bench/results.ts';

const entry = (who: Who, ms: number): Entry => ({
  who,
  unable: '',
  notes: [],
  cold: { wall: 9, cpu: 8 },
  verdict: { status: 'right', error: 1e-6, output: 'y' },
  samples: [1, 2, 3].map((i) => ({ wall: ms * i, cpu: ms / 2 })),
});

const RESULT: BenchResult = {
  date: '2030-01-02T03:04:05.678Z',
  adapter: 'Acme GPU (9000)',
  software: true,
  versions: { e2gan: '1.2.3' },
  machine: { cpu: 'Acme', cores: 4, node: '20.0.0' },
  load: [0.5, 12.25],
  repeats: 3,
  peaks: { gflops: 100, gbytes: 10, clock: 'timestamps' },
  cases: [
    {
      name: 'matmul 8',
      flops: 2e9,
      bytes: 1e6,
      target: 2.5,
      gpu: [50, 40, 60],
      launches: 2,
      entries: [
        entry('ours', 10),
        {
          ...entry('onnxruntime', 1),
          verdict: { status: 'wrong', error: 3, output: 'y' },
          unable: 'its numbers are wrong',
          samples: [],
        },
        entry('jax-js', 30),
        { who: 'tfjs', unable: 'it will not', notes: [], verdict: null, cold: null, samples: [] },
        entry('torch cpu', 2),
      ],
    },
  ],
  frames: [{ name: 'tiny 64x64', fps: 20, margin: 1.5, samples: 7 }],
  ladder: {
    size: 512,
    rungs: [
      { name: 'naive', ms: [10, 20, 30], error: 1e-6, reason: '' },
      { name: 'other', ms: [], error: 0, reason: 'no subgroups' },
    ],
  },
  left: ['u-net'],
};

test('the page has rates, shares of the peak, ratios by both clocks, goals and reasons', () => {
  const page = markdown(RESULT);
  const row = (start: string) => page.split('\n').filter((line) => line.startsWith(`| ${start} |`));
  const [ours, goal, wall, processor] = row('matmul 8');
  assert.is(
    ours,
    '| matmul 8 | 40.0 | 50.0 | 10.0 | 40.0 | 40.0 % | 0.0200 | 0.200 % | 2 | 9.00 | 20.0 | 5.00 | right (1e-6) |',
  );
  assert.is(goal, '| matmul 8 | 2.5 x | 3.00 x jax-js | 3.00 x jax-js | met |');
  assert.is(wall, '| matmul 8 | 20.0 | wrong | 60.0 | unable | 4.00 | 3.00 x jax-js |');
  assert.is(processor, '| matmul 8 | 5.00 | wrong | 15.0 | unable | 1.00 | 3.00 x jax-js |');
  for (const part of [
    'load average 0.500 to 12.3',
    'matmul 8, tfjs: it will not',
    'matmul 8, onnxruntime: its numbers are wrong (y: 3.0e+0)',
    'Not run, for the time was up: u-net.',
    "20.0 % of PyTorch's 2000 GFLOP/s",
    'no subgroups',
    '| tiny 64x64 | 20.0 | ±1.50 % | 7 |',
  ])
    assert.ok(page.includes(part), `${part}\n${page}`);
});

test('numbers to follow are GPU times and times per frame, in milliseconds', () => {
  assert.equal(smallerIsBetter(RESULT), [
    { name: 'matmul 8', unit: 'ms', value: 50, range: 'IQR 10.000', extra: '3 runs on Acme GPU (9000)' },
    {
      name: 'frame tiny 64x64',
      unit: 'ms',
      value: 50,
      range: '±1.5 %',
      extra: '7 samples on Acme GPU (9000)',
    },
  ]);
});

test('results lie under the adapter’s name and the date; GitHub gets the page', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
  const before = process.env.GITHUB_STEP_SUMMARY;
  process.env.GITHUB_STEP_SUMMARY = join(folder, 'summary.md');
  try {
    const page = await writeResult(RESULT, folder);
    assert.is(page, join(folder, 'acme-gpu-9000', '2030-01-02-0304.md'));
    assert.equal((await readdir(join(folder, 'acme-gpu-9000'))).sort(), [
      '2030-01-02-0304.json',
      '2030-01-02-0304.md',
      '2030-01-02-0304.smaller.json',
    ]);
    assert.equal(JSON.parse(await readFile(page.replace('.md', '.json'), 'utf8')), RESULT);
    assert.is(await readFile(join(folder, 'summary.md'), 'utf8'), markdown(RESULT));
  } finally {
    if (before === undefined) delete process.env.GITHUB_STEP_SUMMARY;
    else process.env.GITHUB_STEP_SUMMARY = before;
    await rm(folder, { recursive: true });
  }
});

test('an adapter without a name has a folder too', () => {
  assert.is(folderName('llvmpipe: Mesa 25 (LLVM 15)'), 'llvmpipe-mesa-25-llvm-15');
  assert.is(folderName('***'), 'unknown');
});

test('options have defaults, and wrong ones are refused', () => {
  const given = parseOptions(['--filter', 'conv, matmul', '--edges', '256,128', '--no-frames']);
  assert.equal(
    [given.filter, given.edges, given.frames, given.peers],
    [['conv', 'matmul'], [256, 128], false, false],
  );
  assert.equal(parseOptions([]).filter, []);
  const write = process.stderr.write;
  process.stderr.write = () => true;
  try {
    for (const wrong of [
      ['--repeats', '2'],
      ['--seconds', '0'],
      ['--edges', '100'],
      ['--edges', ''],
      ['--faster'],
      ['matmul'],
    ])
      assert.throws(
        () => parseOptions(wrong),
        (e: Error & { exitCode?: number }) => e.exitCode === 1,
        wrong.join(' '),
      );
  } finally {
    process.stderr.write = write;
  }
});

test.run();
