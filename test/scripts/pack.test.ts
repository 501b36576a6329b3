import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import about from '../../package.json' with { type: 'json' };
import { isNeeded, neededPackages } from '../../scripts/pack.mjs';

const start = promisify(execFile);
let folder: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
});
test.after(() => rm(folder, { recursive: true, force: true }));

test('packages that only development or a lucky install has are left out', () => {
  const packages = {
    '': {},
    'node_modules/zod': {},
    'node_modules/esbuild': { dev: true },
    'node_modules/sharp': { optional: true },
    'node_modules/x': { devOptional: true },
  };
  assert.equal(neededPackages(packages), ['node_modules/zod']);
});

test('Dawn goes along for one machine; documents do not, licences do', () => {
  const needed = (path: string) => isNeeded(path, 'linux-x64');
  for (const path of ['webgpu', 'webgpu/index.js', 'webgpu/dist', 'webgpu/dist/linux-x64/dawn.node'])
    assert.ok(needed(path), path);
  for (const path of ['webgpu/dist/win32-x64', 'webgpu/dist/linux-arm64/dawn.node', 'webgpu/build/x'])
    assert.not.ok(needed(path), path);
  for (const path of ['zod/index.d.ts', 'zod/README.md', 'zod/v4/index.js.map']) assert.not.ok(needed(path));
  assert.ok(needed('webgpu/LICENSE.md') && needed('zod/index.js'));
});

test('a pack runs without anything around it; another folder is never replaced', async () => {
  const out = join(folder, 'pack');
  const pack = (to: string) => start(process.execPath, ['scripts/pack.mjs', to]);
  await pack(out);
  const names = ['bin', 'checkpoints', 'dist', 'node_modules', 'pack.json', 'package.json'];
  const found = await readdir(out);
  for (const name of names) assert.ok(found.includes(name), name);
  assert.equal(await readdir(join(out, 'node_modules', 'webgpu', 'dist')).then((all) => all.length), 1);
  const isWindows = process.platform === 'win32';
  if (isWindows) console.log('SKIP the launcher: needs a shell on Windows');
  else {
    const { stdout } = await start(join(out, 'e2gan'), ['--version'], { cwd: folder, env: {} });
    assert.is(stdout.trim(), about.version);
    await access(join(out, 'checkpoints', 'tiny', 'base.safetensors'));
  }
  await writeFile(join(folder, 'mine.txt'), 'mine');
  const refused = await pack(folder).then(
    () => assert.unreachable('it was replaced'),
    (error: Error & { code?: number; stderr?: string }) => error,
  );
  assert.is((refused as { code?: number }).code, 1);
  assert.match(
    (refused as { stderr?: string }).stderr ?? '',
    /holds other files; choose a new or empty folder/,
  );
  assert.is(await readFile(join(folder, 'mine.txt'), 'utf8'), 'mine');
  await pack(out);
  assert.equal((await readdir(folder)).sort(), ['mine.txt', 'pack']);
});

test.run();
