import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { memorySvg } from '../../src/cli/profile/memory_svg.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { assertRefused, run } from './run_program.ts';
import { withFolder } from './scratch.ts';
import { SMALL, writeSmallBase } from './small_base.ts';

const gpu = await Gpu.open();
const { timestamps } = gpu.features;
gpu.close();
if (!timestamps) console.log('SKIP profiles: this device has no timestamp-query');

interface Event {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  args?: { name?: string };
}

test('a profile: roof, timeline, JavaScript, memory; trace and picture beside it', async () => {
  if (!timestamps) return;
  assert.is(SMALL.width, 4);
  await withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await writeSmallBase(at('base.safetensors'));
    const files = ['--trace', at('t.json'), '--memory', at('m.svg')];
    const args = ['profile', '--base', at('base.safetensors'), '--size', '16', '--repeats', '2', ...files];
    const { code, out, err } = await run(...args, '--json');
    assert.is(code, 0, err);
    const found = JSON.parse(out);
    checkJson(found);
    checkTrace(JSON.parse(await readFile(at('t.json'), 'utf8')), found.timeline.launches.length);
    const svg = await readFile(at('m.svg'), 'utf8');
    assert.is(svg.match(/<g><title>/g)?.length, found.memory.bars.length);
    assert.ok(svg.includes(`at launch ${found.memory.peak.launch}, ${found.memory.peak.label}`));
    assertRefused(await run(...args), 2, /t\.json: exists already; .*--force/);
    const text = await run(...args, '--force', '--by', 'kernel');
    assert.is(text.code, 0, text.err);
    for (const part of [/% of roof/, /GFLOP\/s multiply-add/, /kernels cover [\d.]+ %/, /js +encode/])
      assert.match(text.out, part);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: JSON that this test looks into
function checkJson(found: any): void {
  assert.ok(found.peaks.gflops > 0 && found.peaks.gbytes > 0);
  const { length, covered, gaps, occupancy, launches } = found.timeline;
  assert.ok(covered > 0 && covered <= length && occupancy > 0 && occupancy <= 1);
  assert.ok(Math.abs(covered + gaps - length) < 1e-9);
  assert.is(launches.length, found.total.calls);
  assert.ok(found.groups.every((g: { shareOfRoof: number | null }) => g.shareOfRoof !== 0));
  assert.ok(found.javascript.encode > 0 && found.javascript.submit > 0);
  const names = found.phases.map((p: { name: string }) => p.name);
  for (const name of ['compile', 'first frame', 'replay', 'compile: pipelines'])
    assert.ok(names.includes(name));
  assert.ok(found.memory.peak.bytes <= found.memory.arena);
  assert.ok(found.memory.arena < found.memory.unshared);
}

function checkTrace({ traceEvents }: { traceEvents: Event[] }, launches: number): void {
  const bars = traceEvents.filter((e) => e.ph === 'X');
  const lanes = traceEvents.filter((e) => e.name === 'thread_name').map((e) => e.args!.name);
  assert.equal(lanes, ['phases', 'compile', 'encode', 'kernels']);
  const onGpu = bars.filter((e) => e.pid === 2);
  assert.is(onGpu.length, launches);
  for (const { name, ts, dur } of bars) assert.ok(ts >= 0 && dur >= 0, `${name}: ${ts} ${dur}`);
  const phases = bars.filter((e) => e.pid === 1 && e.tid === 1);
  assert.equal(
    phases.map((e) => e.name),
    ['compile', 'first frame', 'replay', 'timed replay'],
  );
  const timed = phases.at(-1)!;
  assert.ok(onGpu.every((e) => e.ts >= timed.ts));
  assert.ok(bars.some((e) => e.tid === 3 && e.name === 'encode'));
}

test('wrong flags and files are refused before any work, and leave nothing', async () => {
  await withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await writeFile(at('taken.json'), '');
    const refused = async (args: string[], code: number, message: RegExp) =>
      assertRefused(await run('profile', '--size', '16', ...args), code, message);
    await refused(['--trace', at('t.txt')], 2, /t\.txt: JSON is written, call it \.json/);
    await refused(['--memory', at('m.png')], 2, /m\.png: SVG is written, call it \.svg/);
    await refused(['--trace', at('taken.json')], 2, /taken\.json: exists already; .*--force/);
    await refused(['--memory', at('no/m.svg')], 1, /no\/m\.svg: cannot write it: no such file/);
    await refused(['--trace', ''], 2, /--trace.*a value is needed/);
    assert.equal(await readdir(folder), ['taken.json']);
  });
});

test('the picture of a plan escapes names, and says so where nothing is there', () => {
  const bar = { name: '<a & "b">', bytes: 1024, offset: 0, from: 0, to: 0, kept: false };
  const plan = { launches: ['<a>'], once: 0, arena: 1024, unshared: 1024, bars: [bar], peak: null };
  const svg = memorySvg(plan, 'x < y');
  assert.match(svg, /<title>&lt;a &amp; &quot;b&quot;&gt;: 1\.0 KiB, launches 0 to 0<\/title>/);
  assert.match(svg, />x &lt; y: 1\.0 KiB of temporaries/);
  assert.not.match(memorySvg({ ...plan, launches: [], bars: [], arena: 0 }, 'empty'), /NaN|Infinity/);
});

test.run();
