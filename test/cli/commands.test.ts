import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPicture } from '../../src/cli/images/decode.ts';
import { quality } from '../../src/cli/session.ts';
import { type Outcome, run } from './run_program.ts';
import { sha256, writeKohya, writeNoise, writeSmallAdapter, writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const base = ['--base', at('base.safetensors')];
const adapter = ['--adapter', at('adapter')];
const bytes = (name: string): Promise<Buffer> => readFile(at(name));

await writeSmallBase(folder);
await writeSmallAdapter(at('adapter'), sha256(await bytes('base.safetensors')));
await writeSmallAdapter(at('foreign'), 'of another base');
await writeKohya(at('kohya.safetensors'));
await writeNoise(at('in.png'), 16, 16);
await writeNoise(at('odd.png'), 13, 9);

/** Runs a command that has to end well. */
async function succeed(...args: string[]): Promise<Outcome> {
  const outcome = await run(...args);
  assert.is(outcome.code, 0, outcome.err);
  return outcome;
}

const commands = suite('commands');

commands('apply: the picture keeps its size, the adapter changes it, strength 0 does not', async () => {
  const { out, err } = await succeed(
    'apply',
    at('odd.png'),
    at('plain.png'),
    ...base,
    '--prompt',
    'ink drawing',
  );
  assert.equal([out, err], ['', '']);
  const { width, height } = await readPicture(at('plain.png'));
  assert.equal([width, height], [13, 9]);
  await succeed('apply', at('odd.png'), at('idle.png'), ...base, '--adapter', `${at('adapter')}:0`);
  assert.equal(await bytes('idle.png'), await bytes('plain.png'));
  await succeed('apply', at('odd.png'), at('inked.png'), ...base, ...adapter);
  assert.not.equal(await bytes('inked.png'), await bytes('plain.png'));
});

commands('apply: several adapters, kohya files, another size; --force overwrites', async () => {
  const both = [...adapter, '--adapter', `${at('kohya.safetensors')}:0.5`];
  await succeed('apply', at('in.png'), at('both.png'), ...base, ...adapter);
  const before = await bytes('both.png');
  await succeed('apply', at('in.png'), at('both.png'), ...base, ...both, '--size', '24', '--force');
  assert.not.equal(await bytes('both.png'), before);
  const { width, height } = await readPicture(at('both.png'));
  assert.equal([width, height], [24, 24]);
});

commands('apply: an adapter of another base is told, and used', async () => {
  const { err } = await succeed(
    'apply',
    at('in.png'),
    at('foreign.png'),
    ...base,
    '--adapter',
    at('foreign'),
  );
  assert.match(
    err,
    /^e2gan: warning: .*foreign: was trained on another base than .*base\.safetensors; .*\n$/,
  );
});

commands('apply: a folder; what cannot be read is counted and named, and the exit code is 1', async () => {
  await mkdir(at('album', 'deep'), { recursive: true });
  await cp(at('in.png'), at('album', 'a.png'));
  await cp(at('odd.png'), at('album', 'deep', 'b.png'));
  await writeFile(at('album', 'broken.png'), 'no picture');
  await writeFile(at('album', 'notes.txt'), 'no picture either');
  const { code, out, err } = await run('apply', at('album'), at('edited'), ...base, ...adapter);
  assert.equal([code, out], [1, '']);
  assert.match(err, /warning: .*left out: 1 not a picture e2gan reads: notes\.txt\n/);
  assert.match(err, /warning: .*broken\.png: .*plain text.*; left out\n/);
  assert.match(err, /\ne2gan: 1 of 3 pictures were left out: .*broken\.png\n$/);
  assert.equal((await readdir(at('edited'), { recursive: true })).sort(), ['a.png', 'deep', 'deep/b.png']);
  await succeed('apply', at('in.png'), at('alone.png'), ...base, ...adapter);
  assert.equal(await bytes('edited/a.png'), await bytes('alone.png'));
});

commands('evaluate: the numbers are those of the pictures that apply writes', async () => {
  await mkdir(at('pairs', 'input'), { recursive: true });
  await mkdir(at('pairs', 'output'));
  await cp(at('in.png'), at('pairs', 'input', '1.png'));
  await writeNoise(at('pairs', 'output', '1.png'), 16, 16);
  await writeFile(at('pairs', 'input', '2.png'), '');
  await writeNoise(at('pairs', 'output', '2.png'), 16, 16);
  const sheet = at('sheet.png');
  const { code, out, err } = await run(
    'evaluate',
    at('pairs'),
    ...base,
    ...adapter,
    '--json',
    '--sheet',
    sheet,
  );
  assert.is(code, 1);
  assert.match(err, /\ne2gan: 1 of 2 pairs were left out: .*2\.png\n$/);
  const report = JSON.parse(out);
  assert.equal([report.pairs, report.size, report.rule], [1, 16, 'all pairs']);
  await succeed('apply', at('in.png'), at('edited.png'), ...base, ...adapter);
  const target = await readPicture(at('pairs', 'output', '1.png'));
  const of = async (name: string) => quality([await readPicture(at(name))], [target]);
  assert.equal(report.against_target.input, await of('in.png'));
  assert.equal(report.against_target.edited, await of('edited.png'));
  assert.not.equal(report.against_target.base, report.against_target.edited);
  assert.ok((await readPicture(sheet)).width > 64);
});

commands('evaluate: a table, with the last pairs held out', async () => {
  await rm(at('pairs', 'input', '2.png'));
  await cp(at('in.png'), at('pairs', 'input', '2.png'));
  const { out } = await succeed('evaluate', at('pairs'), ...base, '--held-out', '1', '--size', '24');
  assert.match(out, /^means over the last 1 of 2 pairs \(n = 1\) at 24x24\n/);
  assert.match(out, /untouched input .*\d+\.\d\d .*│ 1 │/);
  assert.match(out, /base alone/);
  assert.not.match(out, /with adapters/);
});

commands('data check: a report, a sheet and JSON', async () => {
  const { out } = await succeed('data', 'check', at('pairs'), '--sheet', at('contact.png'));
  assert.match(out, /pairs: 2, of them usable: 2\n/);
  assert.ok((await readPicture(at('contact.png'))).width > 100);
  const report = JSON.parse((await succeed('data', 'check', at('pairs'), '--json')).out);
  assert.equal([report.pairs, report.usable, report.sizes], [2, 2, { '16x16': 4 }]);
  assert.equal(report.groups, [{ split: null, concept: null, pairs: 2 }]);
  assert.is(report.duplicates.length, 1);
});

commands('data check: no pairs, or files that cannot be read, are a failure after the report', async () => {
  await mkdir(at('lonely'));
  await cp(at('in.png'), at('lonely', 'a.png'));
  const lonely = await run('data', 'check', at('lonely'));
  assert.is(lonely.code, 1);
  assert.match(lonely.out, /pairs: 0/);
  assert.match(lonely.err, /^e2gan: .*lonely: no pairs \(layout: unknown\)\n$/);
  await writeFile(at('pairs', 'input', '2.png'), '');
  const broken = await run('data', 'check', at('pairs'), '--json');
  assert.is(broken.code, 1);
  assert.is(JSON.parse(broken.out).broken.length, 1);
  assert.match(broken.err, /\ne2gan: .*pairs: 1 files cannot be read\n$/);
});

commands('profile: a frame and a training step, every launch timed', async () => {
  const small = [...base, '--size', '24', '--repeats', '1', '--json'];
  const frame = JSON.parse((await succeed('profile', ...small, ...adapter, '--by', 'layer')).out);
  assert.ok(frame.total.calls > 30 && frame.total.ms > 0 && frame.total.flops > 0);
  assert.ok(frame.groups.some(({ name }: { name: string }) => name === 'rb2.conv1'));
  const step = JSON.parse((await succeed('profile', ...small, '--train', '--by', 'kernel')).out);
  assert.ok(step.total.calls > 3 * frame.total.calls);
  assert.ok(step.groups.some(({ name }: { name: string }) => name.startsWith('adam')));
});

commands('doctor: this machine has what the tests need', async () => {
  const found = JSON.parse((await succeed('doctor', '--json')).out);
  assert.equal([found.ok, found.problem, found.device.error], [true, null, 0]);
  assert.match(found.versions.webgpu, /^\d+\./);
  const { out } = await succeed('doctor');
  assert.match(out, /^device {4}\S/);
  assert.match(out, /\ncheck {5}a product of matrices: exact\n/);
});

commands.after(() => rm(folder, { recursive: true, force: true }));
commands.run();
