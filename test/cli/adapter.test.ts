import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPicture } from '../../src/cli/images/decode.ts';
import { readGenerator } from '../../src/model/network_file.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { type Outcome, run } from './run_program.ts';
import { sha256, writeKohya, writeNoise, writeSmallAdapter, writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const bytes = (...names: string[]): Promise<Buffer> => readFile(at(...names));
const WEIGHTS = 'adapter_model.safetensors';

await writeSmallBase(folder);
const baseHash = sha256(await bytes('base.safetensors'));
await writeSmallAdapter(at('ink'), baseHash);
await writeSmallAdapter(at('foreign'), 'f'.repeat(64));
await writeKohya(at('kohya.safetensors'));
await writeNoise(at('in.png'), 16, 16);

/** Runs a command that has to end well, without a word on stderr. */
async function succeed(...args: string[]): Promise<Outcome> {
  const outcome = await run(...args);
  assert.equal([outcome.code, outcome.err], [0, ''], outcome.err);
  return outcome;
}
const adapter = (...args: string[]): Promise<Outcome> => succeed('adapter', ...args);
const described = async (...args: string[]) => JSON.parse((await adapter('inspect', ...args, '--json')).out);
const weightsOf = async (name: string) => readGenerator(await bytes(name)).weights;

/** The largest difference between weights of two generators, over the largest of the merged ones. */
async function largestDifference(a: string, b: string): Promise<number> {
  const [first, second] = [await weightsOf(a), await weightsOf(b)];
  let most = 0;
  for (const [name, { data }] of first)
    for (let i = 0; i < data.length; i++)
      most = Math.max(most, Math.abs(data[i]! - second.get(name)!.data[i]!));
  return most;
}

const commands = suite('adapter');

commands('inspect: numbers as JSON and as a table', async () => {
  const about = await described(at('ink'));
  assert.equal(
    [about.name, about.prompt, about.base.name, about.base.sha256, about.format],
    ['ink', 'ink drawing', 'small', baseHash, 'peft'],
  );
  assert.equal([about.image_size, about.train_pairs], [16, 3]);
  assert.is(about.bytes, (await bytes('ink', WEIGHTS)).length);
  assert.is(about.sha256, sha256(await bytes('ink', WEIGHTS)));
  const rows = about.layers.map((l: Record<string, unknown>) => [l.path, l.shape, l.rank, l.alpha, l.dtype]);
  assert.equal(rows, [
    ['down2', [16, 8, 3, 3], 2, 2, 'F32'],
    ['tb.self.q', [16, 16], 1, 1, 'F32'],
    ['up1', [16, 8, 3, 3], 2, 2, 'F32'],
  ]);
  const count = [...(await weightsOf('base.safetensors')).values()].reduce(
    (n, { data }) => n + data.length,
    0,
  );
  assert.is(about.weights, 2 * (8 * 9 + 16) + (16 + 16) + 2 * (16 * 9 + 8));
  assert.is(about.share, about.weights / count);
  assert.ok(about.layers.every((l: { norm: number }) => l.norm > 0));
  const { out } = await adapter('inspect', at('ink', WEIGHTS), '--base', at('base.safetensors'));
  assert.match(out, /^ink: prompt "ink drawing"\nbase {5}small, sha256 [0-9a-f]{64}\nweights {2}512 \(/);
  assert.match(out, /│ down2 .*│ 16 x 8 x 3 x 3 │ +2 │ +2 │ +F32 │ +176 │ +\d+\.\d+ │ +\d+\.\d\d % │/);
});

commands('inspect: the norm is that of what merging changes', async () => {
  await adapter('merge', at('base.safetensors'), at('ink'), at('merged.safetensors'));
  const [before, after] = [await weightsOf('base.safetensors'), await weightsOf('merged.safetensors')];
  for (const { path, norm, relative } of (await described(at('ink'), '--base', at('base.safetensors')))
    .layers) {
    const [w, merged] = [before, after].map((weights) => weights.get(`${path}.weight`)!.data);
    const change = Math.hypot(...w!.map((v, i) => merged![i]! - v));
    assert.ok(Math.abs(change / norm - 1) < 1e-5, `${path}: ${change}, not ${norm}`);
    assert.ok(Math.abs(norm / Math.hypot(...w!) / relative - 1) < 1e-5);
  }
});

commands('inspect: a file with kohya names', async () => {
  const about = await described(at('kohya.safetensors'), '--base', at('base.safetensors'));
  assert.equal([about.name, about.format, about.prompt], ['kohya.safetensors', 'kohya', '']);
  assert.equal(about.base, { name: null, sha256: null, weights: about.base.weights });
  assert.equal([about.layers[0].path, about.layers[0].dtype, about.layers[0].rank], ['down1', 'F32', 1]);
});

commands('merge: a frame is that of base and adapters, with their prompts', async () => {
  const apply = (to: string, base: string, ...rest: string[]) =>
    succeed('apply', at('in.png'), at(to), '--base', at(base), ...rest);
  await apply('beside.png', 'base.safetensors', '--adapter', `${at('ink')}:0.5`);
  await adapter('merge', at('base.safetensors'), `${at('ink')}:0.5`, at('half.safetensors'));
  await apply('merged.png', 'half.safetensors');
  await apply('plain.png', 'base.safetensors', '--prompt', 'ink drawing');
  const [beside, merged, plain] = await Promise.all(
    ['beside', 'merged', 'plain'].map(async (name) => (await readPicture(at(`${name}.png`))).rgb),
  );
  const most = (other: Uint8Array) => beside!.reduce((m, v, i) => Math.max(m, Math.abs(v - other[i]!)), 0);
  assert.ok(most(merged!) <= 1, `merged and beside differ by ${most(merged!)}`);
  assert.ok(most(plain!) > 8, 'the adapter does something');
});

commands('unmerge: the base within float rounding, also out of several', async () => {
  const [base, both] = [at('base.safetensors'), at('both.safetensors')];
  const strengths = ['--strength', '-0.5'];
  await adapter('merge', base, `${at('ink')}:2`, at('kohya.safetensors'), both, ...strengths);
  const { about } = readGenerator(await bytes('both.safetensors'));
  const records = JSON.parse(about.get('e2gan.merged')!);
  assert.equal(
    records.map((r: Record<string, unknown>) => [r.name, r.strength]),
    [
      ['ink', 2],
      ['kohya.safetensors', -0.5],
    ],
  );
  assert.is(about.get('e2gan.merged_base_sha256'), baseHash);
  assert.ok((await largestDifference('base.safetensors', 'both.safetensors')) > 0.1);
  const first = await adapter('unmerge', both, at('ink'), at('kohya_left.safetensors'));
  assert.match(first.out, /without ink x 2; left in it: kohya\.safetensors x -0\.5, \d+ bytes/);
  await adapter('unmerge', at('kohya_left.safetensors'), at('kohya.safetensors'), at('back.safetensors'));
  const most = await largestDifference('base.safetensors', 'back.safetensors');
  assert.ok(most > 0 && most < 2e-6, `${most}`);
  assert.not.ok(readGenerator(await bytes('back.safetensors')).about.has('e2gan.merged'));
  // What is left is the base to adapters: they fit it without a warning.
  await adapter('merge', at('back.safetensors'), at('ink'), at('again.safetensors'));
});

commands('merge --dtype f16, and what a merged file does not hold', async () => {
  await adapter('merge', at('base.safetensors'), at('ink'), at('small.safetensors'), '--dtype', 'f16');
  for (const { dtype } of readSafetensors(await bytes('small.safetensors')).tensors.values())
    assert.is(dtype, 'F16');
  const merged = at('merged.safetensors');
  const wrong = ['unmerge', merged, at('ink'), at('x.safetensors')];
  const { err, code } = await run('adapter', ...wrong, '--strength', '3');
  assert.is(code, 1);
  assert.match(
    err,
    /has no record of .*ink \([0-9a-f]{64} at strength 3\); its adapters: ink x 1; --any-base/,
  );
  await adapter(...wrong, '--strength', '3', '--any-base');
  const about = readGenerator(await bytes('x.safetensors')).about;
  assert.is(JSON.parse(about.get('e2gan.merged')!).length, 1);
});

commands('another base is refused with both hashes, unless any will do', async () => {
  const args = ['adapter', 'merge', at('base.safetensors'), at('foreign'), at('any.safetensors')];
  const { code, err } = await run(...args);
  assert.is(code, 1);
  assert.match(
    err,
    new RegExp(`foreign: was trained on the base f{64}, but .* is ${baseHash}; .*--any-base`),
  );
  assert.not.ok((await readdir(folder)).includes('any.safetensors'));
  await succeed(...args, '--any-base');
});

commands('an adapter that was trained on a merged generator fits it, and comes out of it again', async () => {
  const merged = at('merged.safetensors');
  await writeSmallAdapter(at('second'), sha256(await bytes('merged.safetensors')));
  const { err } = await succeed(
    ...['apply', at('in.png'), at('second.png'), '--base', merged],
    ...['--adapter', at('second')],
  );
  assert.is(err, '');
  await adapter('merge', merged, at('second'), at('two.safetensors'));
  const { out } = await adapter('unmerge', at('two.safetensors'), at('second'), at('one.safetensors'));
  assert.match(out, /left in it: ink x 1, /);
  assert.ok((await largestDifference('merged.safetensors', 'one.safetensors')) < 2e-6);
});

commands('convert: types there and back, kohya to PEFT; nothing is overwritten without --force', async () => {
  await adapter('convert', at('ink'), at('ink16'));
  const half = readSafetensors(await bytes('ink16', WEIGHTS));
  for (const { dtype } of half.tensors.values()) assert.is(dtype, 'F16');
  await adapter('convert', at('ink16'), at('ink32'), '--dtype', 'f32');
  await adapter('convert', at('ink32'), at('ink16again'), '--dtype', 'f16');
  assert.equal(await bytes('ink16again', WEIGHTS), await bytes('ink16', WEIGHTS));
  assert.equal(await bytes('ink16', 'adapter_config.json'), await bytes('ink', 'adapter_config.json'));
  assert.is(half.metadata.get('e2gan.base_sha256'), baseHash);
  const base = ['--base', at('base.safetensors')];
  const { out } = await adapter('convert', at('kohya.safetensors'), at('peft'), ...base);
  assert.match(out, /peft: 1 layers from kohya, F16, \d+ bytes\n$/);
  assert.equal((await described(at('peft'))).layers[0].path, 'down1');
  const before = await bytes('peft', WEIGHTS);
  const again = ['adapter', 'convert', at('ink'), at('peft')];
  const { code, err } = await run(...again);
  assert.is(code, 2);
  assert.match(err, /peft\/adapter_config\.json: exists already; .*--force\n$/);
  assert.equal(await bytes('peft', WEIGHTS), before);
  await succeed(...again, '--force');
  assert.equal(await bytes('peft', WEIGHTS), await bytes('ink16', WEIGHTS));
});

commands('convert: in place', async () => {
  await cp(at('ink'), at('place'), { recursive: true });
  await adapter('convert', at('place'), at('place'), '--force');
  assert.equal(await bytes('place', WEIGHTS), await bytes('ink16', WEIGHTS));
});

commands.after(() => rm(folder, { recursive: true, force: true }));
commands.run();
