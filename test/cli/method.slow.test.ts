import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from './run_program.ts';
import { writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-method-'));
const at = (...names: string[]): string => join(folder, ...names);
const base = at('base.safetensors');
await writeSmallBase(folder);
test.after(() => rm(folder, { recursive: true, force: true }));

// Two steps teach nothing: what is tested is that everything is tried, kept and told.
const QUICK = ['--scene-count', '6', '--held-out', '6', '--measure', 'l1', '--steps', '2', '--size', '24'];
const json = async (...names: string[]) => JSON.parse(await readFile(at(...names), 'utf8'));

test('analyze freezes and trains each of the seven groups, and goes on where it was broken', async () => {
  const args = ['analyze', at('analysis'), '--base', base, '--scenes', 'autumn', ...QUICK];
  const first = await run(...args);
  assert.is(first.code, 0, first.err);
  const { groups, untuned, full, crucial } = await json('analysis', 'analysis.json');
  assert.is(groups.length, 7);
  assert.ok(groups.every((g: { frozen: number; alone: number }) => g.frozen > 0 && g.alone > 0));
  assert.ok(untuned > 0 && full > 0 && untuned !== full);
  assert.ok(crucial.every((name: string) => groups.some((g: { group: string }) => g.group === name)));
  const { trials } = await json('analysis', 'trials.json');
  assert.is(trials.length, 16);
  assert.match(await readFile(at('analysis', 'report.html'), 'utf8'), /<svg[\s\S]*transformer/);
  // As if it had been killed before the last trial: all others are taken from the log.
  const kept = { version: 1, trials: trials.slice(0, -1) };
  await writeFile(at('analysis', 'trials.json'), JSON.stringify(kept));
  const again = await run(...args);
  assert.is(again.code, 0, again.err);
  const { trials: after } = await json('analysis', 'trials.json');
  const scores = (list: { result: { name: string; score: unknown } }[]) =>
    list.map(({ result }) => [result.name, result.score]);
  assert.equal(scores(after), scores(trials));
  assert.is((again.err.match(/2\/2/g) ?? []).length, 1, again.err);
});

test('search-rank gives ranks that finetune takes', async () => {
  const quick = [...QUICK, '--max-rank', '2', '--groups', 'up,ds'];
  const search = await run(...['search-rank', at('ranks'), '--base', base, '--scenes', 'snow', ...quick]);
  assert.is(search.code, 0, search.err);
  assert.match(search.out, /searched[\s\S]*1x[\s\S]*4x[\s\S]*random/);
  const { ranks, groups, weights } = await json('ranks', 'ranks.json');
  assert.equal(Object.keys(groups), ['up', 'ds']);
  assert.ok(Object.keys(ranks).includes('ds') && ranks.ds <= 2);
  const tune = ['finetune', at('tuned'), '--base', base, '--scenes', 'snow', '--scene-count', '4'];
  const tuned = await run(...[...tune, '--steps', '1', '--size', '24', '--ranks', at('ranks', 'ranks.json')]);
  assert.is(tuned.code, 0, tuned.err);
  assert.match(tuned.out, new RegExp(`${weights} trained weights`));
});

test('study runs every part, and a second call takes all of it from the log', async () => {
  const args = [
    'study',
    at('study'),
    '--scenes',
    'autumn',
    '--repeats',
    '1',
    '--k',
    '2',
    '--base-steps',
    '2',
  ];
  const rest = ['--scratch-steps', '2', '--search-steps', '1', '--proxies', '1', '--baselines', 'unet'];
  const quick = QUICK.map((word) => (word === '24' ? '32' : word));
  const first = await run(...[...args, ...rest, ...quick]);
  assert.is(first.code, 0, first.err);
  const claims = await json('study', 'claims.json');
  assert.is(claims.length, 9);
  assert.ok(claims.every((c: { ours: number; other: number }) => c.ours > 0 && c.other > 0));
  const unmet = claims.filter((c: { verdict: string }) => c.verdict !== 'holds');
  assert.ok(unmet.every((c: { why: string[] }) => c.why.length === 4));
  const report = await readFile(at('study', 'report.html'), 'utf8');
  assert.is((report.match(/&quot; (is within noise|does not hold)\./g) ?? []).length, unmet.length);
  for (const part of ['Methods', 'Base models', 'Ranks', 'Fewer pairs'])
    assert.ok(report.includes(`<h1>${part}`));
  assert.not.match(report, /(src|href)="(?!data:)/);
  const markdown = await readFile(at('study', 'study.md'), 'utf8');
  for (const [, file] of markdown.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) await stat(at('study', file!));
  const again = await run(...[...args, ...rest, ...quick]);
  assert.is(again.code, 0, again.err);
  assert.not.match(again.err, /steps\/s/);
  assert.equal(await json('study', 'claims.json'), claims);
});

test.run();
