import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { readPair } from '../../src/cli/data/pair.ts';
import { meanAbsoluteError } from '../../src/train/metrics.ts';
import { writeConcepts, writeSources } from './distill_server.ts';
import { assertRefused, folderHash, type Outcome, run } from './run_program.ts';
import { sharedFolder } from './scratch.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan distill-'));
const at = (...names: string[]): string => join(folder, ...names);
await writeSources(at('photos'), 3);
await writeConcepts(at('concepts.json'), ['ink', 'snow']);
const given = ['--sources', at('photos'), '--concepts', at('concepts.json'), '--size', '16'];
const node = `"${process.execPath}"`;

/** A program of our own: `copy` inverts nothing and copies, the others misbehave. */
const PROGRAM = `
import { copyFileSync, appendFileSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const [how, from, to, ...rest] = process.argv.slice(2);
appendFileSync(${JSON.stringify(at('calls.jsonl'))}, JSON.stringify(rest) + '\\n');
if (how === 'copy') copyFileSync(from, to);
if (how === 'noisy') { console.log('x'.repeat(1e6)); copyFileSync(from, to); }
if (how === 'fail') { console.error('line 1\\nno \\x1b[31mmodel'); process.exit(3); }
if (how === 'text') writeFileSync(to, 'sorry');
if (how === 'torn') { writeFileSync(to, (await import('node:fs')).readFileSync(from).subarray(0, 60)); }
if (how === 'kill') process.kill(process.pid, 'SIGTERM');
if (how === 'hang') {
  const beat = 'setInterval(() => require("fs").appendFileSync(process.argv[1], "x"), 20)';
  spawn(process.execPath, ['-e', beat, ${JSON.stringify(at('beats'))}], { stdio: 'inherit' });
  setInterval(() => appendFileSync(${JSON.stringify(at('beats'))}, 'x'), 20);
}
if (how === 'orphan') {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit', detached: false }).unref();
  copyFileSync(from, to);
  process.exit(0);
}
if (how === 'some' && !from.includes('never')) {
  if (rest[0] === 'snow') process.exit(1);
  copyFileSync(from, to);
}
`;
await writeFile(at('program.mjs'), PROGRAM);
const program = (how: string, rest = '') => `${node} "${at('program.mjs')}" ${how} {in} {out} ${rest}`;
const distill = (out: string, ...rest: string[]): Promise<Outcome> =>
  run('distill', at(out), ...given, ...rest);

const exec = suite('distill --exec');

exec('any program: placeholders are filled, arguments stay whole, no file is left over', async () => {
  const command = program('copy', `{concept} '{prompt} ( $HOME' {seed} {width}x{height} (`);
  const { code, err } = await distill('copy', '--exec', command);
  assert.is(code, 0, err);
  const calls = (await readFile(at('calls.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.is(calls.length, 6);
  const ink = calls.filter(([concept]) => concept === 'ink');
  assert.is(new Set(ink.map(([, , seed]) => seed)).size, 3);
  for (const [, text, seed, size, parenthesis] of ink) {
    assert.equal([text, size, parenthesis], ['make it ink ( $HOME', '16x16', '(']);
    assert.match(seed, /^\d+$/);
  }
  const { pairs } = await findPairs(at('copy'));
  assert.is(pairs.length, 6);
  for (const pair of pairs) {
    const { input, target } = await readPair(pair);
    assert.equal(input, target);
  }
  const names = [
    'concept.json',
    'config.json',
    'contact_sheet.png',
    'ink',
    'input',
    'metadata.jsonl',
    'snow',
  ];
  assert.equal((await readdir(at('copy'))).sort(), names.slice(1));
});

exec('programs that fail in any way: one line, nothing kept of them, a resume completes it', async () => {
  const cases: [string, RegExp][] = [
    [program('fail'), /ended with code 3: no \\x1b\[31mmodel;/],
    [program('nothing'), /it ended well but wrote no \{out\}/],
    [program('text'), /plain text, not a picture/],
    [program('torn'), /cannot use this picture/],
    ...(process.platform === 'win32'
      ? []
      : [[program('kill'), /ended with signal SIGTERM/] as [string, RegExp]]),
  ];
  for (const [i, [command, pattern]] of cases.entries()) {
    const { code, err } = await distill(`bad-${i}`, '--exec', command);
    assert.is(code, 1);
    assert.match(err, /\ne2gan: [^\n]*6 of 6 pairs failed[^\n]*\n$/);
    assert.match(err, pattern);
    assert.equal((await findPairs(at(`bad-${i}`)).catch(() => ({ pairs: [] }))).pairs, []);
    assert.not.ok((await readdir(at(`bad-${i}`))).includes('.work'));
  }
  assert.equal((await distill('noisy', '--exec', program('noisy'))).code, 0);
});

exec('a program that is missing ends the job; half of them failing does not', async () => {
  const missing = await distill('missing', '--exec', 'no-such-program-e2gan {in} {out}');
  assert.is(missing.code, 1);
  assert.match(missing.err, /ended early: no-such-program-e2gan: there is no such program/);
  const some = await distill('some', '--exec', program('some', '{concept}'));
  assert.match(some.err, /3 of 6 pairs failed, the first \(snow, input\/p0\.png\)/);
  assert.is((await findPairs(at('some'))).pairs.length, 3);
});

exec(
  'a program that hangs is ended with its children; one that leaves children behind is not waited for',
  async () => {
    if (process.platform === 'win32') return console.log('skipped: Windows has no process groups');
    const { code, err } = await distill(
      'hang',
      '--exec',
      program('hang'),
      '--timeout',
      '1.5',
      '--limit',
      '1',
      '--parallel',
      '2',
    );
    assert.is(code, 1);
    assert.match(err, /not done in 1\.5 s \(--timeout\)/);
    const beats = async () => (await readFile(at('beats'))).length;
    await sleep(200);
    const before = await beats();
    await sleep(500);
    assert.is(await beats(), before, 'it lives on');
    const begin = performance.now();
    assert.is((await distill('orphan', '--exec', program('orphan'), '--limit', '1')).code, 0);
    assert.ok(performance.now() - begin < 20_000);
  },
);

exec("each concept's own command, where there is no --exec", async () => {
  const concepts = [
    { name: 'ink', prompt: 'ink', exec: program('copy') },
    { name: 'snow', prompt: 'snow', exec: program('copy', 'x') },
  ];
  await writeFile(at('own.json'), JSON.stringify({ concepts }));
  const { code, err } = await distill('own', '--concepts', at('own.json'));
  assert.is(code, 0, err);
  assert.is(JSON.parse(await readFile(at('own', 'snow', 'concept.json'), 'utf8')).exec, program('copy', 'x'));
  concepts[1]!.exec = program('copy', 'y');
  await writeFile(at('own.json'), JSON.stringify({ concepts }));
  assertRefused(
    await distill('own', '--concepts', at('own.json')),
    2,
    /snow.concept\.json: was begun with another/,
  );
});

exec('wrong usage is refused before anything is written', async () => {
  const command = ['--exec', program('copy')];
  const url = ['--webui', 'http://127.0.0.1:1'];
  const refused: [string[], number, RegExp][] = [
    [[], 2, /no teacher: give --webui, .*has no "exec" for ink/],
    [[...command, ...url], 2, /--webui and --exec: choose one teacher/],
    [[...command, '--scenes'], 2, /--exec and --scenes: choose one/],
    [['--exec', "x '{in} {out}"], 2, /--exec: the quote at character 3/],
    [['--exec', 'x {in}'], 2, /--exec: a program with \{in\} and \{out\}/],
    [['--comfyui', 'http://127.0.0.1:1'], 2, /--comfyui: needs --workflow/],
    [[...url, '--workflow', 'x'], 2, /--workflow: belongs to --comfyui/],
    [['--webui', 'ftp://x'], 2, /--webui: ftp: is not spoken/],
    [[...url, '--key-env', 'E2GAN_NO_SUCH_KEY'], 2, /--key-env: .*E2GAN_NO_SUCH_KEY is not set/],
    [[...url, '--only', 'inc'], 2, /--only: there is no concept inc, did you mean "ink"\?/],
    [[...url, '--size', '18'], 2, /--size.*multiple of 4/],
    [[...url, '--teacher-size', '8'], 2, /--teacher-size: 8x8 is smaller/],
    [[...url, '--teacher-size', '32x16'], 2, /--teacher-size: 32x16 is smaller than, or of another shape/],
    [[...url, '--denoising', '1.5'], 2, /--denoising/],
    [[...url, '--sources', at('absent')], 1, /absent: cannot open the folder/],
    [[...url, '--concepts', at('absent')], 1, /absent: cannot read it/],
    [[...url, '--concepts', at('program.mjs')], 1, /program\.mjs: no list of concepts/],
  ];
  for (const [rest, code, pattern] of refused) {
    const before = await folderHash(folder);
    assertRefused(await distill('refused', ...rest), code, pattern);
    assert.is(await folderHash(folder), before, rest.join(' '));
  }
  assertRefused(await run('distill', at('x'), ...command), 2, /--sources: a folder of pictures is needed/);
  assertRefused(
    await run('distill', at('x'), ...command, '--sources', at('photos')),
    2,
    /--concepts: a file/,
  );
  assertRefused(await distill('photos/out', ...command), 2, /must not lie in each other/);
  assertRefused(await distill('photos', ...command), 2, /must not lie in each other/);
  assertRefused(await distill('program.mjs', ...command), 1, /is not a folder/);
  assertRefused(await run('distill', at('x'), '--scenes', '--only', 'inc'), 2, /there is no concept inc/);
});

const shared = sharedFolder('data');
const has = (name: string) => spawnSync(name, ['--version'], { timeout: 60_000 }).error === undefined;
const tools = ['gmic', 'convert'].filter((name) => !has(name));
if (shared && tools.length > 0) console.log(`skipped: ${tools.join(' and ')} not installed`);
(shared && tools.length === 0 ? exec : exec.skip)(
  "ImageMagick and G'MIC make the reference pairs again",
  async () => {
    const names = 'oil-paint,night,dusk,duotone,poster,pencil';
    const args = ['--sources', join(shared!, 'pairs', 'input'), '--concepts', join(shared!, 'concepts.json')];
    const { code, err } = await run('distill', at('tools'), ...args, '--only', names, '--limit', '2');
    assert.is(code, 0, err);
    const { pairs } = await findPairs(at('tools'));
    assert.is(pairs.length, 12);
    const reference = await findPairs(join(shared!, 'pairs'));
    let compared = 0;
    for (const pair of pairs) {
      const stem = (path: string) => path.replace(/^.*\//, '').replace(/\.\w+$/, '');
      const known = reference.pairs.find(
        (p) => p.concept === pair.concept && stem(p.target) === stem(pair.target),
      );
      if (!known) continue;
      const [made, wanted] = [(await readPair(pair)).target, (await readPair(known)).target];
      const error = meanAbsoluteError(made, wanted);
      assert.ok(error < 0.02, `${pair.target}: ${error}`);
      compared++;
    }
    assert.is(compared, 8);
  },
);

exec.after(() => rm(folder, { recursive: true, force: true }));
exec.run();
