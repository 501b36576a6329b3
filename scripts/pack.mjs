// @ts-check
// Makes a folder that runs e2gan on a machine with a GPU driver and nothing else: `npm run pack -- [FOLDER]`.
import { chmod, cp, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { capture, SetupError, say, step } from './steps.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const DEFAULT = 'e2gan-pack';
/** Marks a folder that this script made, and may therefore replace. */
const MARK = 'pack.json';
const isWindows = process.platform === 'win32';

/** What a bare Linux machine with an NVIDIA driver lacks: Vulkan's loader, and the libraries that find the driver. */
const LOADERS = [
  'libvulkan.so.1',
  'libEGL.so.1',
  'libGLdispatch.so.0',
  'libOpenGL.so.0',
  'libGL.so.1',
  'libGLX.so.0',
  'libGLESv2.so.2',
];

const LAUNCHER = `#!/bin/sh
# Runs e2gan with the Node, Dawn and, where the system has none, the Vulkan loader of this folder; no network is needed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/sbin:/usr/sbin
if [ -d "$here/lib" ] && ! { ldconfig -p 2>/dev/null || true; } | grep -q 'libvulkan\\.so\\.1'; then
  LD_LIBRARY_PATH=$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  export LD_LIBRARY_PATH
fi
# Containers mount NVIDIA's driver here, where the loader does not look.
nvidia=/usr/local/nvidia/share
if [ -z "\${VK_DRIVER_FILES:-}\${VK_ICD_FILENAMES:-}" ] && [ -f "$nvidia/vulkan/icd.d/nvidia_icd.json" ]; then
  VK_DRIVER_FILES=$nvidia/vulkan/icd.d/nvidia_icd.json
  __EGL_VENDOR_LIBRARY_FILENAMES=$nvidia/glvnd/egl_vendor.d/10_nvidia.json
  export VK_DRIVER_FILES __EGL_VENDOR_LIBRARY_FILENAMES
fi
exec "$here/bin/node" "$here/dist/cli.mjs" "$@"
`;

const WINDOWS_LAUNCHER = '@"%~dp0bin\\node.exe" "%~dp0dist\\cli.mjs" %*\r\n';

/** @typedef {{ dev?: boolean, optional?: boolean, devOptional?: boolean }} Locked */

/**
 * Folders of the packages that the built program needs, of those in package-lock.json.
 * @param {Record<string, Locked>} packages
 */
export function neededPackages(packages) {
  return Object.entries(packages)
    .filter(([path, { dev, optional, devOptional }]) => path !== '' && !dev && !optional && !devOptional)
    .map(([path]) => path);
}

/**
 * Whether a file of a package belongs into a pack: documents, maps and types do not, nor Dawn for other machines.
 * @param {string} path below node_modules, with slashes
 * @param {string} machine as Dawn's folders are called, such as linux-x64
 */
export function isNeeded(path, machine) {
  if (/\.(map|md|ts|mts|cts)$/.test(path) && !/license/i.test(path)) return false;
  if (path.startsWith('webgpu/build')) return false;
  const dawn = /^webgpu\/dist\/([^/]+)/.exec(path);
  return !dawn || dawn[1] === machine;
}

const machine = () => `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;

/** @param {string} folder */
async function copyPackages(folder) {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  for (const path of neededPackages(lock.packages)) {
    const from = await realpath(join(root, path)).catch(() => {
      throw new SetupError(`${path} is missing; run: npm ci`);
    });
    const name = path.slice('node_modules/'.length);
    const filter = (/** @type {string} */ file) =>
      isNeeded(`${name}${file.slice(from.length)}`.replaceAll('\\', '/'), machine());
    await cp(from, join(folder, path), { recursive: true, filter });
  }
}

/** Copies the loader libraries that this machine has. @param {string} folder @returns {Promise<string[]>} their names */
async function copyLoaders(folder) {
  if (process.platform !== 'linux') return [];
  const path = `${process.env.PATH ?? ''}:/sbin:/usr/sbin`;
  const { stdout } = await capture('ldconfig', ['-p'], { env: { ...process.env, PATH: path } });
  const lines = stdout
    .split('\n')
    .filter((line) => line.includes(process.arch === 'x64' ? 'x86-64' : 'AArch64'));
  const copied = [];
  for (const name of LOADERS) {
    const from = lines.find((line) => line.trim().startsWith(`${name} `))?.split(' => ')[1];
    if (!from) continue;
    await mkdir(join(folder, 'lib'), { recursive: true });
    await cp(await realpath(from), join(folder, 'lib', name));
    copied.push(name);
  }
  return copied;
}

/** Node, the program and its app built in place, checkpoints, launcher. @param {string} folder */
async function writeProgram(folder) {
  const env = { ...process.env, E2GAN_DIST: join(folder, 'dist') };
  await step('building', process.execPath, ['build.mjs', 'types', 'cli', 'web'], { cwd: root, env });
  for (const name of await readdir(join(folder, 'dist'), { recursive: true }))
    if (name.endsWith('.map')) await rm(join(folder, 'dist', name));
  await mkdir(join(folder, 'bin'), { recursive: true });
  await cp(await realpath(process.execPath), join(folder, 'bin', isWindows ? 'node.exe' : 'node'));
  await cp(join(root, 'checkpoints'), join(folder, 'checkpoints'), { recursive: true });
  for (const name of ['package.json', 'LICENSE']) await cp(join(root, name), join(folder, name));
  if (isWindows) return writeFile(join(folder, 'e2gan.cmd'), WINDOWS_LAUNCHER);
  await writeFile(join(folder, 'e2gan'), LAUNCHER);
  await chmod(join(folder, 'e2gan'), 0o755);
}

/** Only what this script made is replaced. @param {string} out @throws {SetupError} */
async function requireReplaceable(out) {
  /** @type {string[]} */
  const names = await readdir(out).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw new SetupError(`${out}: is not a folder; choose another name`);
  });
  if (names.length && !names.includes(MARK))
    throw new SetupError(`${out}: holds other files; choose a new or empty folder`);
}

/** @param {string} out */
async function pack(out) {
  await requireReplaceable(out);
  const folder = join(dirname(out), `.${basename(out)}.${process.pid}.tmp`);
  try {
    await writeProgram(folder);
    await copyPackages(folder);
    const loaders = await copyLoaders(folder);
    const about = { node: process.versions.node, machine: machine(), loaders };
    await writeFile(join(folder, MARK), `${JSON.stringify(about, null, 2)}\n`);
    await rm(out, { recursive: true, force: true });
    await rename(folder, out);
    if (process.platform === 'linux' && !loaders.includes('libvulkan.so.1'))
      say('this machine has no libvulkan.so.1: the other one must have it');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`packed for ${machine()}; there, run: ${join(out, isWindows ? 'e2gan.cmd' : 'e2gan')} bench`);
}

// Tests import this file, inside a bundle of another name.
if (basename(process.argv[1] ?? '') === 'pack.mjs') {
  try {
    const [out = DEFAULT, ...more] = process.argv.slice(2);
    if (more.length || out.startsWith('-')) throw new SetupError('usage: npm run pack -- [FOLDER]');
    await pack(resolve(out));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
