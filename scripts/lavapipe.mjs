// @ts-check
// Mesa's software device: where its driver file lies, and how apt brings it.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aptPlan, parseList, parseSources } from './apt_sources.mjs';
import { readRelease } from './release.mjs';
import { SetupError, say, step } from './steps.mjs';

const DRIVER_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** @returns {Promise<import('./vulkan.mjs').Place | undefined>} */
export async function findLavapipe() {
  const drivers = [];
  for (const folder of DRIVER_FOLDERS) {
    const names = await readdir(folder).catch(() => []);
    drivers.push(...names.filter((name) => /^lvp_icd.*\.json$/.test(name)).map((name) => join(folder, name)));
  }
  return drivers.length ? { drivers } : undefined;
}

/** @throws {SetupError} where there is no apt, no root, or apt fails */
export async function installLavapipe() {
  const release = await readRelease();
  if (!release.family.includes('debian')) throw new SetupError('apt installs it on Debian and Ubuntu only');
  if (process.getuid?.() !== 0) throw new SetupError('apt needs root');
  const plan = aptPlan(release, await readAptSources());
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (plan.source) {
    say(`writing ${plan.source.path}`);
    await writeFile(plan.source.path, plan.source.text);
  }
  try {
    for (const args of plan.commands) await step(`apt-get ${args.join(' ')}`, 'apt-get', args, { env });
  } catch (error) {
    if (plan.source) await rm(plan.source.path);
    throw error;
  }
}

/** @param {string} root another folder than / for a trial */
export async function readAptSources(root = '/') {
  const folder = join(root, 'etc/apt/sources.list.d');
  const names = (await readdir(folder).catch(() => [])).sort();
  const paths = [join(root, 'etc/apt/sources.list'), ...names.map((name) => join(folder, name))];
  const sources = [];
  for (const path of paths) {
    const parse = path.endsWith('.list') ? parseList : path.endsWith('.sources') ? parseSources : undefined;
    if (parse) sources.push(...parse(await readFile(path, 'utf8').catch(() => '')));
  }
  return sources;
}
