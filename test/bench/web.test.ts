import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Prepared } from '../../bench/child.ts';
import type { FloatsByName } from '../../bench/graph/values.ts';
import { parseOptions } from '../../bench/options.ts';
import { findChromium, treeTime } from '../../bench/web/browser.ts';
import { type WebCase, webCases } from '../../bench/web/cases.ts';
import { firstUseMarkdown } from '../../bench/web/first_use.ts';
import type { PageEntry, PageWho, WebResult } from '../../bench/web/page_result.ts';
import { PAGE_FILES, servePage } from '../../bench/web/server.ts';
import { ratio, webMarkdown } from '../../bench/web/table.ts';
import { measurePageCase, type PageLibrary, type PageTools } from '../../bench/web/turns.ts';

test('the page times the product of 512 and the paper generator of the wanted size', () => {
  const cases = webCases(64);
  assert.equal(
    cases.map(({ benchCase }) => benchCase.name),
    ['matmul 512', 'generator paper 64x64'],
  );
  const { nodes } = cases[1]!.benchCase.workload.graph;
  assert.equal(nodes.find((n) => n.op === 'input' && n.name === 'source')!.shape, [1, 64, 64, 3]);
  for (const { benchCase, tolerance } of cases) assert.ok(tolerance < benchCase.tolerance, benchCase.name);
});

test('--edge takes one size', () => {
  assert.is(parseOptions(['--web']).edge, 64);
  assert.is(parseOptions(['--web', '--edge', '32']).edge, 32);
});

const entry = (who: PageWho, ms: readonly number[], more: Partial<PageEntry> = {}): PageEntry => ({
  who,
  unable: '',
  notes: [],
  error: 1e-6,
  cold: { wall: 90, cpu: 80 },
  samples: ms.map((wall) => ({ wall, cpu: wall / 4 })),
  ...more,
});

const RESULT: WebResult = {
  adapter: 'acme 9000',
  browser: 'Browser/1',
  date: '2030-01-02T03:04:05.678Z',
  versions: { e2gan: '1.2.3' },
  machine: { cpu: 'Acme', cores: 4 },
  load: [0.5, 12.25],
  repeats: 3,
  cases: [
    {
      name: 'matmul 8',
      flops: 1,
      entries: [
        entry('ours', [10, 40, 20]),
        entry('onnxruntime-web', [50, 70, 60], { notes: ['MatMul'] }),
        entry('jax-js', [1, 1, 1], { unable: 'its numbers are off by 2.0e+0', error: 2 }),
      ],
    },
  ],
};

test('ratios are of medians, and only of who is right', () => {
  const [one] = RESULT.cases;
  assert.is(ratio(one!, 'onnxruntime-web', 'wall'), 3);
  assert.is(ratio(one!, 'jax-js', 'wall'), null);
});

test('the table shows times, ratios, adapter, load and why a library does not count', () => {
  const text = webMarkdown(RESULT);
  assert.match(text, /# In a browser: acme 9000/);
  assert.match(text, /load average 0\.500 to 12\.3/);
  assert.match(text, /\| matmul 8 \| 20\.0 \| 60\.0 \| - \| 3\.00 x \| - \|/);
  assert.match(text, /\| matmul 8 \| 5\.00 \| 15\.0 \| - \| 3\.00 x \| - \|/);
  assert.match(text, /jax-js: does not count: its numbers are off by 2\.0e\+0; error 2\.0e\+0/);
});

test('without a clock for processors there is no table of them', () => {
  const [one] = RESULT.cases;
  const entries = [entry('ours', [1, 2, 3], { samples: [{ wall: 2, cpu: 0 }] })];
  const text = webMarkdown({ ...RESULT, cases: [{ ...one!, entries }] });
  assert.not.match(text, /Processor time/);
  assert.match(text, /Wall time/);
});

/** y = x with an error, in float32. */
function library(who: PageWho, offset: number, runs: string[], broken = ''): PageLibrary {
  const prepare = async (_: WebCase, values: FloatsByName, form: string): Promise<Prepared> => {
    if (form === broken) throw new Error(`${form} is not known\nand more`);
    const { shape, data } = values.get('x')!;
    return {
      run: async () => void runs.push(who),
      outputs: async () => new Map([['y', { shape, data: data.map((v) => v + offset) }]]),
    };
  };
  return { who, forms: () => ['best', 'plain'], prepare };
}

const COPY = {
  tolerance: 1e-4,
  benchCase: {
    name: 'copy',
    flops: 0,
    workload: {
      name: 'copy',
      graph: { nodes: [{ op: 'input', name: 'x', of: [], shape: [4] }], outputs: { y: 0 } },
      wanted: [],
      step: null,
    },
    reference: (values: FloatsByName) => [{ output: 'y', places: null, values: values.get('x')!.data }],
  },
} as unknown as WebCase;

const TOOLS: PageTools = {
  time: async (work) => {
    await work();
    return { wall: 1, cpu: 1 };
  },
  say: async () => {},
};

test('who is off is not timed, the others take turns after their warm-up', async () => {
  const runs: string[] = [];
  const libraries = [
    library('ours', 1e-7, runs),
    library('onnxruntime-web', 0, runs, 'best'),
    library('jax-js', 1, runs),
  ];
  const { entries } = await measurePageCase(COPY, libraries, 3, TOOLS);
  assert.equal(
    entries.map((e) => e.samples.length),
    [3, 3, 0],
  );
  assert.match(entries[2]!.unable, /off by/);
  assert.equal(entries[1]!.notes, ['plain', 'best cannot: best is not known']);
  const turns = runs.slice(-6);
  assert.equal(turns, ['ours', 'onnxruntime-web', 'ours', 'onnxruntime-web', 'ours', 'onnxruntime-web']);
});

test('where ours is off nobody is timed', async () => {
  const libraries = [library('ours', 1, []), library('jax-js', 0, [])];
  const { entries } = await measurePageCase(COPY, libraries, 3, TOOLS);
  assert.equal(
    entries.map((e) => [e.who, e.samples.length]),
    [['ours', 0]],
  );
  assert.match(entries[0]!.unable, /off by/);
});

test('a tree of processes has the time of all under its root', () => {
  const stat = (pid: number, parent: number, user: number, name = 'a') =>
    `${pid} (${name}) S ${parent} 1 1 0 -1 4194560 9 9 9 9 ${user} 1 0 0 20 0 1 0 100`;
  const stats = [stat(30, 20, 4), stat(10, 1, 2, 'b) S 9 (c'), stat(20, 10, 3), stat(40, 1, 1000)];
  assert.is(treeTime(stats, 10), 120);
});

test('without a Chromium one line names the remedy', async () => {
  assert.is(await findChromium({ E2GAN_CHROMIUM: process.execPath }), process.execPath);
  try {
    await findChromium({ PATH: '/nowhere' });
    assert.unreachable('it was found');
  } catch (error) {
    const { message, exitCode } = error as Error & { exitCode: number };
    assert.match(message, /^--web: no Chromium here; .*apt-get install -y chromium.*E2GAN_CHROMIUM$/);
    assert.is(exitCode, 1);
  }
});

test('the server isolates the page and gives nothing else away', async () => {
  const said: string[] = [];
  const task = { edge: 16, repeats: 3 };
  const ignore = () => {};
  const owner = {
    root: '.',
    files: PAGE_FILES,
    task,
    processorTime: async () => 7,
    done: ignore,
    failed: ignore,
  };
  const { url, close } = await servePage({ ...owner, say: (line) => void said.push(line) });
  try {
    const page = await fetch(url);
    assert.is(page.headers.get('cross-origin-opener-policy'), 'same-origin');
    assert.is(page.headers.get('cross-origin-embedder-policy'), 'require-corp');
    assert.match(await page.text(), /src="\/page\.mjs"/);
    assert.is((await fetch(`${url}package.json`)).status, 404);
    const post = async (path: string, body: unknown) =>
      (await fetch(url + path, { method: 'POST', body: JSON.stringify(body) })).json();
    assert.equal(await post('task', null), task);
    assert.is(await post('clock', null), 7);
    await post('say', 'hello');
    assert.equal(said, ['hello']);
  } finally {
    close();
  }
});

test('a first use is one row: stages, a frame, and what a switch and a blend add to it', () => {
  const text = firstUseMarkdown(
    {
      adapter: 'acme',
      browser: 'Browser/1',
      edge: 64,
      bytes: 1_230_000,
      timeline: { downloaded: 10, compiled: 200, ready: 250, firstFrame: 300 },
      frames: { same: [20, 90, 10], switched: [22, 23, 99], blended: [5, 18, 19] },
    },
    'today',
  );
  const cells = text.split('\n').find((line) => line.includes('64x64'))!;
  assert.equal(
    cells
      .split('|')
      .map((cell) => cell.trim())
      .filter(Boolean),
    [...['64x64', '1.23', '10.0', '200', '250', '300', '20.0', '3.00', '0']],
  );
});

test.run();
