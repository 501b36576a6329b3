import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdapter } from '../../src/model/adapter_file.ts';
import { type AdapterEntry, readAdapterIndex, writeQuality } from '../../src/model/adapter_index.ts';
import { run } from './run_program.ts';
import { sha256, writeNoise, writeSmallAdapter } from './small_model.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const isWindows = process.platform === 'win32';
const BASE = 'a'.repeat(64);
const score = { l1: 0.02, psnr: 24.5, ssim: 0.9 };
const QUALITY = { pairs: 4, width: 16, height: 16, untouched: score, base: score, tuned: score };

const index = (name: string, ...rest: string[]) => run('adapter', 'library', at(name), ...rest);
const entries = async (name: string): Promise<readonly AdapterEntry[]> =>
  readAdapterIndex(await readFile(at(name, 'index.json')));

/** A library of two adapters, one in a folder of folders. */
async function writeLibrary(name: string): Promise<void> {
  await writeSmallAdapter(at(name, 'ink'), BASE, 'F16');
  await writeSmallAdapter(at(name, 'looks', 'old ones', 'ink 10'), 'not a hash');
}

const library = suite('adapter library');
library.after(() => rm(folder, { recursive: true, force: true }));

library('an index of what lies below a folder', async () => {
  await writeLibrary('all');
  await writeFile(at('all', 'ink', 'quality.json'), writeQuality(QUALITY));
  await writeNoise(at('all', 'ink', 'comparison.png'), 8, 8);
  await mkdir(at('all', 'empty'));
  await cp(at('all', 'ink'), at('all', '.hidden'), { recursive: true });
  const { code, out, err } = await index('all');
  assert.is(code, 0, err);
  assert.not.match(err, /warning/);
  assert.match(out, /^.*index\.json: 2 adapters of \d+\.\d KiB, \d+ bytes\n$/);
  const [ink, old] = await entries('all');
  const weights = await readFile(at('all', 'ink', 'adapter_model.safetensors'));
  assert.equal(ink, {
    name: 'ink',
    prompt: 'ink drawing',
    base: { name: 'small', sha256: BASE, weights: ink!.base.weights },
    bytes: weights.length,
    sha256: sha256(weights),
    dtype: 'F16',
    weights: 512,
    ranks: { down2: 2, 'tb.self.q': 1, up1: 2 },
    image_size: 16,
    train_pairs: 3,
    quality: QUALITY,
    files: {
      config: 'ink/adapter_config.json',
      weights: 'ink/adapter_model.safetensors',
      thumbnail: 'ink/comparison.png',
    },
  });
  assert.equal(old!.files, {
    config: 'looks/old ones/ink 10/adapter_config.json',
    weights: 'looks/old ones/ink 10/adapter_model.safetensors',
    thumbnail: null,
  });
  assert.equal([old!.base.sha256, old!.quality, old!.dtype], [null, null, 'F32']);
});

library('what an index names can be read back by its paths', async () => {
  for (const { files, bytes, weights } of await entries('all')) {
    const file = await readFile(at('all', files.weights));
    assert.is(file.length, bytes);
    const { layers } = readAdapter({ config: await readFile(at('all', files.config)), weights: file });
    assert.is(
      [...layers.values()].reduce((n, { A, B }) => n + A.data.length + B.data.length, 0),
      weights,
    );
  }
});

library('the same folder gives the same bytes; an older index is replaced', async () => {
  const before = await readFile(at('all', 'index.json'));
  assert.is((await run('adapter', 'index', at('all'))).code, 0);
  assert.equal(await readFile(at('all', 'index.json')), before);
  await rm(at('all', 'looks'), { recursive: true });
  assert.is((await index('all')).code, 0);
  assert.is((await entries('all')).length, 1);
});

library('a folder that is itself an adapter', async () => {
  assert.is((await index('all/ink')).code, 0);
  const [only] = await entries('all/ink');
  assert.equal([only!.files.config, only!.files.thumbnail], ['adapter_config.json', 'comparison.png']);
});

library('what cannot be read is left out and told, the rest is there', async () => {
  await writeLibrary('some');
  await writeFile(at('some', 'ink', 'adapter_model.safetensors'), 'no adapter');
  const odd = isWindows ? 'a%b' : 'a\\..\\b';
  await cp(at('some', 'looks', 'old ones', 'ink 10'), at('some', odd), { recursive: true });
  await writeFile(at('some', 'looks', 'old ones', 'ink 10', 'quality.json'), '{"format":"e2gan quality"');
  const { code, err } = await index('some');
  assert.is(code, 1);
  assert.match(err, /warning: .*ink: adapter_model\.safetensors: .*; left out\n/);
  assert.match(err, /warning: .*is no URL; rename it; left out\n/);
  assert.match(err, /warning: .*quality\.json: not JSON in UTF-8; its numbers are left out\n/);
  assert.match(err, /\ne2gan: 2 of 3 adapters were left out: /);
  assert.equal(
    (await entries('some')).map(({ files, quality }) => [files.config, quality]),
    [['looks/old ones/ink 10/adapter_config.json', null]],
  );
});

library('links lead nowhere outside', async () => {
  if (isWindows) return console.log('skipped: links need rights on Windows');
  await writeLibrary('linked');
  await symlink(at('all', 'ink'), at('linked', 'folder'));
  await mkdir(at('linked', 'files'));
  for (const name of ['adapter_config.json', 'adapter_model.safetensors'])
    await symlink(at('all', 'ink', name), at('linked', 'files', name));
  await symlink(at('all', 'ink', 'comparison.png'), at('linked', 'ink', 'comparison.png'));
  assert.is((await index('linked')).code, 0);
  assert.equal(
    (await entries('linked')).map(({ files }) => [files.config, files.thumbnail]),
    [
      ['ink/adapter_config.json', null],
      ['looks/old ones/ink 10/adapter_config.json', null],
    ],
  );
});

library('200 adapters are indexed in seconds', async () => {
  await writeSmallAdapter(at('many', '0'), BASE, 'F16');
  for (let i = 1; i < 200; i++) await cp(at('many', '0'), at('many', String(i)), { recursive: true });
  const start = performance.now();
  assert.is((await index('many')).code, 0);
  const ms = performance.now() - start;
  const found = await entries('many');
  assert.is(found.length, 200);
  assert.equal(
    [1, 10, 199].map((i) => found[i]!.files.weights),
    [1, 10, 199].map((i) => `${i}/adapter_model.safetensors`),
  );
  console.log(`200 adapters in ${ms.toFixed(0)} ms`);
  assert.ok(ms < 10_000, `${ms} ms`);
});

library.run();
