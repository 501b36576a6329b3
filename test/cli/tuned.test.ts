import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheFolder, readTuned, tunedChoices, tunedFile, writeTuned } from '../../src/cli/tuned.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import type { TunedKey } from '../../src/runtime/tune.ts';
import { shippedChoices } from '../../src/runtime/tuned_defaults.ts';
import { type Outcome, run } from './run_program.ts';
import { writeNoise, writeSmallBase } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
process.env.E2GAN_CACHE = at('cache');
process.env.E2GAN_TUNED = 'on';

await writeSmallBase(folder);
await writeNoise(at('in.png'), 16, 16);

// The devices that commands open, to see what they were opened with.
const opened: Gpu[] = [];
const open = Gpu.open;
Gpu.open = async (options) => {
  const gpu = await open.call(Gpu, options);
  opened.push(gpu);
  return gpu;
};
const choicesOfLast = (): Record<string, string> => Object.fromEntries(opened.at(-1)!.choices);

const here = await Gpu.open();
const { info } = here;
here.close();

const names = { vendor: 'acme', architecture: 'roadrunner', device: '', description: 'ACME 1.2' };
const key = (key: string, best: string, byDefault = 'plain 4x1'): TunedKey => ({
  key,
  calls: 1,
  best,
  byDefault,
  ms: new Map([
    [byDefault, 2],
    [best, best === byDefault ? 2 : 1],
  ]),
  refused: new Map(),
});

/** What is written to stderr meanwhile. */
async function warnings(work: () => Promise<unknown>): Promise<string> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = ((part: string) => {
    text += part;
    return true;
  }) as typeof write;
  try {
    await work();
    return text;
  } finally {
    process.stderr.write = write;
  }
}

async function succeed(...args: string[]): Promise<Outcome> {
  const outcome = await run(...args);
  assert.is(outcome.code, 0, outcome.err);
  return outcome;
}

const tuned = suite('tuned');

tuned('the folder is that of E2GAN_CACHE, else the system’s', () => {
  assert.is(cacheFolder({ E2GAN_CACHE: '/x' }, 'linux'), '/x');
  assert.is(cacheFolder({ XDG_CACHE_HOME: '/y' }, 'linux'), join('/y', 'e2gan'));
  assert.is(cacheFolder({ XDG_CACHE_HOME: 'y' }, 'darwin'), join(homedir(), '.cache', 'e2gan'));
  assert.is(cacheFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32'), join('C:\\L', 'e2gan'));
});

tuned('what was measured comes back, later measurements go before earlier ones', async () => {
  assert.is(await readTuned(names), null);
  const path = tunedFile(names);
  await writeTuned(names, [key('a', 'tiled 64x64'), key('b', 'plain 8x1')]);
  assert.match(path, /tuned-acme-[0-9a-f]{12}\.json$/);
  await writeTuned(names, [key('b', 'plain 4x1'), key('c', 'register 8x2')]);
  const forms = (await readTuned(names))!;
  assert.equal([...forms.keys()], ['a', 'b', 'c']);
  assert.equal(forms.get('a'), { form: 'tiled 64x64', byDefault: 'plain 4x1', ms: 1, defaultMs: 2 });
  // A default that was confirmed needs no choice.
  assert.equal(Object.fromEntries(await tunedChoices(names)), { a: 'tiled 64x64', c: 'register 8x2' });
  assert.equal(await readdir(at('cache')), [path.slice(at('cache').length + 1)]);
  for (const part of ['vendor', 'architecture', 'device', 'description'] as const)
    assert.is(await readTuned({ ...names, [part]: 'other' }), null, part);
});

tuned('the package brings forms for the device they were measured on, and for no other', () => {
  const llvmpipe = { vendor: 'mesa', architecture: 'software', description: '' };
  const shipped = shippedChoices({ ...llvmpipe, device: 'llvmpipe-llvm-19-1-7-256-bits-' });
  assert.ok(shipped.size > 0);
  for (const [key, form] of shipped)
    assert.match(`${key}: ${form}`, /x.+: (plain|register|subgroup) \d+x\d$/);
  assert.is(shippedChoices({ ...llvmpipe, device: 'llvmpipe-llvm-19-1-7-128-bits-' }).size, 0);
  assert.is(shippedChoices(names).size, 0);
});

tuned('a broken or foreign file is ignored with one line', async () => {
  const path = tunedFile(names);
  const good = await readFile(path, 'utf8');
  const cases: readonly [string, RegExp][] = [
    [good.slice(0, 40), /damaged \(/],
    ['[]', /damaged \(/],
    [good.replace('"format": 1', '"format": 2'), /damaged \(/],
    [good.replace('"ms": 1', '"ms": "1"'), /damaged \(/],
    [good.replace('ACME 1.2', 'ACME 1.3'), /was measured on another device, driver or version/],
  ];
  for (const [text, reason] of cases) {
    assert.is.not(text, good);
    await writeFile(path, text);
    const told = await warnings(async () => assert.is((await tunedChoices(names)).size, 0));
    assert.match(told, reason);
    assert.match(told, /^e2gan: warning: [^\n]+tuned-acme-[^\n]+; npx e2gan tune writes it anew\n$/);
  }
  await rm(path);
});

const SIZE = 24;
const FORM = 'tiled 64x16';
const profile = ['profile', '--base', at('base.safetensors'), '--size', '16', '--repeats', '1', '--json'];

/** The keys that the programs of a command have, each with another form than it takes by default. */
async function keysOf(...command: string[]): Promise<TunedKey[]> {
  const keys: TunedKey[] = [];
  const { compile } = Gpu.prototype;
  Gpu.prototype.compile = async function (build) {
    const program = await compile.call(this, build);
    for (const { launch } of program.each)
      if (launch.choice) keys.push(key(launch.choice.key, FORM, launch.choice.name));
    return program;
  };
  await succeed(...command, '--no-tuned');
  Gpu.prototype.compile = compile;
  return keys;
}

tuned('commands take the forms that were found, unless they are told not to', async () => {
  const cores = async (...rest: string[]) => {
    const { groups } = JSON.parse((await succeed(...profile, '--by', 'kernel', ...rest)).out);
    const all = groups.map(({ name }: { name: string }) => /\((gemm\/\w+)\)/.exec(name)?.[1]);
    return [...new Set(all.filter(Boolean))].sort();
  };
  const before = await cores();
  assert.not.equal(before, ['gemm/tiled']);
  await writeTuned(info, await keysOf(...profile));
  assert.equal(await cores(), ['gemm/tiled']);
  assert.equal(await cores('--no-tuned'), before);
  process.env.E2GAN_TUNED = 'off';
  assert.equal(await cores(), before);
  process.env.E2GAN_TUNED = 'on';
  await succeed('apply', at('in.png'), at('out.png'), '--base', at('base.safetensors'));
  assert.ok(Object.values(choicesOfLast()).includes(FORM));
});

tuned('doctor says where the file is and what is in it', async () => {
  const { tuned } = JSON.parse((await succeed('doctor', '--json')).out).device;
  assert.is(tuned.file, tunedFile(info));
  assert.ok(tuned.measured > 3);
  await rm(tuned.file);
  const { out } = await succeed('doctor');
  assert.match(out, /\ntuned {5}not yet .*; npx e2gan tune would write .*tuned-.*\.json\n/);
});

const finetune = (out: string, ...rest: string[]) => [
  ...['finetune', at(out), '--scenes', 'autumn', '--scene-count', '2', '--held-out', '1'],
  ...['--base', at('base.safetensors'), '--size', String(SIZE), '--steps', '4', '--save-every', '2', ...rest],
];
const configOf = async (out: string) => JSON.parse(await readFile(at(out, 'config.json'), 'utf8'));

tuned('a run that is resumed keeps the forms that it began with', async () => {
  await writeTuned(info, [key('x 1', 'plain 8x1')]);
  await succeed(...finetune('run'));
  const choices = choicesOfLast();
  assert.is(choices['x 1'], 'plain 8x1');
  assert.equal((await configOf('run')).choices, choices);
  const adapter = await readFile(at('run', 'adapter_model.safetensors'));
  await rm(at('run', 'checkpoints', 'step_000000004.safetensors'));
  await rm(at('run', 'adapter_model.safetensors'));
  await writeTuned(info, [key('x 1', 'register 8x2'), key('y', 'plain 8x1')]);
  for (const rest of [[], ['--no-tuned']]) {
    await succeed(...finetune('run', ...rest));
    assert.equal(choicesOfLast(), choices);
    assert.equal((await configOf('run')).choices, choices);
  }
  assert.equal(await readFile(at('run', 'adapter_model.safetensors')), adapter);
  await succeed(...finetune('run', '--fresh'));
  assert.is((await configOf('run')).choices['x 1'], 'register 8x2');
});

tuned('a run that began without forms is resumed without', async () => {
  await succeed(...finetune('plain', '--no-tuned'));
  assert.is((await configOf('plain')).choices, undefined);
  await succeed(...finetune('plain'));
  assert.equal(choicesOfLast(), {});
  const config = await configOf('plain');
  await writeFile(at('plain', 'config.json'), JSON.stringify({ ...config, choices: { a: 1 } }));
  const { code, err } = await run(...finetune('plain'));
  assert.is(code, 1);
  assert.match(err, /config\.json: damaged \(choices must map names to names\); repair it or use --fresh\n$/);
});

tuned('tune measures what it does not know', async () => {
  const keys = await keysOf('profile', '--preset', 'tiny', '--size', '16', '--repeats', '1', '--json');
  const one = keys.find(({ key }) => key.startsWith('matmul'))!.key;
  await rm(at('cache'), { recursive: true });
  await writeTuned(
    info,
    keys.filter(({ key }) => key !== one),
  );
  const known = (await readTuned(info))!.size;
  const tune = ['tune', '--size', '16', '--seconds', '600', '--json'];
  const first = JSON.parse((await succeed(...tune)).out);
  // The rule's own forms are the defaults, not what was tuned before.
  assert.equal(choicesOfLast(), {});
  assert.equal([first.file, first.known, first.left], [tunedFile(info), known, []]);
  const [{ key, best, byDefault, ms, refused }] = first.keys;
  assert.equal([first.keys.length, key, refused], [1, one, {}]);
  assert.ok(ms[best] <= ms[byDefault]);
  const forms = (await readTuned(info))!;
  assert.equal([forms.size, forms.get(one)!.form], [known + 1, best]);
  const second = JSON.parse((await succeed(...tune)).out);
  assert.equal([second.keys, second.known], [[], known + 1]);
});

tuned.after(() => rm(folder, { recursive: true, force: true }));
tuned.run();
