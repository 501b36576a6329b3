import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { copyFile, link, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPicture } from '../../src/cli/images/decode.ts';
import { findVulkanFiles } from '../../src/cli/vulkan_files.ts';
import { writeNoise, writeSmallBase } from './small_model.ts';

const LIMIT_MS = 60_000;
const isWindows = process.platform === 'win32';
const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);

execFileSync(process.execPath, ['build.mjs', 'cli']);
/** A copy of the program, alone or after a setup that found a device: where `env` leads. */
async function writeCopy(name: string, env?: Record<string, string>): Promise<string> {
  await mkdir(at(name, 'dist'), { recursive: true });
  await copyFile(join('dist', 'cli.mjs'), at(name, 'dist', 'cli.mjs'));
  await copyFile('package.json', at(name, 'package.json'));
  await symlink(resolve('node_modules'), at(name, 'node_modules'));
  if (env) {
    await mkdir(at(name, '.vulkan'));
    await writeFile(at(name, '.vulkan', 'env.json'), JSON.stringify({ way: 'test', env, adapter: null }));
  }
  return at(name, 'dist', 'cli.mjs');
}

// Alone, since a setup that found a device beside dist/ changes what the program does.
const BUILT = await writeCopy('alone');
await writeSmallBase(folder);
await writeNoise(at('in.png'), 16, 16);

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program until it ends by itself; `watch` sees stderr grow. */
function start(
  args: readonly string[],
  options: SpawnOptions = {},
  watch: (err: string, child: ReturnType<typeof spawn>) => void = () => {},
): Promise<Ended> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, {
      timeout: LIMIT_MS,
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout!.setEncoding('utf8').on('data', (part) => {
      out += part;
    });
    child.stderr!.setEncoding('utf8').on('data', (part) => {
      err += part;
      watch(err, child);
    });
    child.on('error', fail);
    // Vulkan drivers and Dawn have things to say of their own.
    child.on('close', (code) => done({ code, out, err: err.replace(/^(?!e2gan: |apply |SIG).*\n/gm, '') }));
  });
}

const noDriver = { VK_DRIVER_FILES: at('no_driver.json'), VK_ICD_FILENAMES: at('no_driver.json') };
const built = suite('the built program');

built('runs from anywhere, and ends by itself after work on the device', async () => {
  assert.match((await start([BUILT, '--version'])).out, /^\d+\.\d+\.\d+\n$/);
  const args = [BUILT, 'apply', 'in.png', 'out.png', '--base', 'base.safetensors'];
  assert.equal(await start(args, { cwd: folder }), { code: 0, out: '', err: '' });
  assert.is((await readPicture(at('out.png'))).width, 16);
  const again = await start(args, { cwd: folder });
  assert.equal([again.code, again.out], [2, '']);
  assert.match(again.err, /^e2gan: out\.png: exists already; [^\n]*\n$/);
});

built('without a device: one line with the way to the remedy, and doctor gives the command', async () => {
  if (process.platform !== 'linux') return console.log('skipped: only Linux can be made to lose its device');
  const env = { ...process.env, ...noDriver };
  const args = ['apply', at('in.png'), at('none.png'), '--base', at('base.safetensors')];
  const apply = await start([BUILT, ...args], { env });
  assert.equal([apply.code, apply.out], [1, '']);
  assert.match(apply.err, /^e2gan: no WebGPU adapter answers; [^\n]*e2gan doctor[^\n]*\n$/);
  const doctor = await start([BUILT, 'doctor'], { env });
  assert.is(doctor.code, 1);
  assert.match(doctor.out, /\nmissing: a WebGPU device that works; this mends it:\n.*\S/);
  assert.match(doctor.err, /^e2gan: no device works: no WebGPU adapter answers\n$/);
});

built('without a device it runs again with the one that setup unpacked, but only once', async () => {
  const drivers = (await findVulkanFiles())?.drivers;
  if (!drivers) return console.log('skipped: only Linux can be made to lose its device');
  const env = { ...process.env, ...noDriver };
  const found = drivers.join(delimiter);
  const good = await writeCopy('good', { VK_DRIVER_FILES: found, VK_ICD_FILENAMES: found });
  const doctor = await start([good, 'doctor', '--json'], { env });
  assert.equal([doctor.code, JSON.parse(doctor.out).vulkan.drivers], [0, drivers]);
  const bad = await writeCopy('bad', { VK_DRIVER_FILES: at('none.json'), VK_ICD_FILENAMES: at('none.json') });
  const failed = await start([bad, 'doctor', '--json'], { env });
  assert.equal([failed.code, JSON.parse(failed.out).vulkan.drivers], [1, [at('none.json')]]);
});

built('a reader that goes away ends it quietly', () => {
  if (isWindows) return console.log('skipped: needs a POSIX shell');
  const shell = `"${process.execPath}" "${BUILT}" --help 2>"${at('err')}" | head -c 1; cat "${at('err')}"`;
  assert.is(execFileSync('sh', ['-c', shell], { encoding: 'utf8', timeout: LIMIT_MS }), 'U');
});

built('SIGINT: the picture under way is finished, none is torn, exit code 130', async () => {
  if (isWindows) return console.log('skipped: Windows has no SIGINT for children');
  await mkdir(at('many'));
  for (let i = 0; i < 2000; i++) await link(at('in.png'), at('many', `${i}.png`));
  const args = [BUILT, 'apply', at('many'), at('edited'), '--base', at('base.safetensors')];
  const { code, err } = await start(args, {}, (text, child) => {
    if (/^apply \d/m.test(text) && !text.includes('SIGINT')) child.kill('SIGINT');
  });
  assert.is(code, 130, err);
  const names = await readdir(at('edited'));
  assert.ok(names.length > 0 && names.length < 2000);
  for (const name of names) assert.is((await readPicture(at('edited', name))).width, 16);
});

built.after(() => rm(folder, { recursive: true, force: true }));
built.run();
