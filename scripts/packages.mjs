// @ts-check
// The packages of package-lock.json, installed where they are missing or of another version.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npm, step } from './steps.mjs';

/** @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lock */

/** @param {string} root folder of package.json */
export async function ensurePackages(root) {
  const lock = await readLock(join(root, 'package-lock.json'));
  const installed = await readLock(join(root, 'node_modules', '.package-lock.json'));
  if (lock && installed && isInstalled(lock, installed)) return;
  await step('installing the npm packages', ...npm(['ci', '--ignore-scripts']), { cwd: root });
}

/**
 * Versions rather than file times: a checkout renews times without any change. An optional package may be absent.
 * @param {Lock} lock what package-lock.json asks for
 * @param {Lock} installed what node_modules/.package-lock.json says is there
 */
export function isInstalled(lock, installed) {
  return Object.entries(lock.packages).every(([path, want]) => {
    const have = installed.packages[path];
    return path === '' || (have ? have.version === want.version : want.optional === true);
  });
}

/** @param {string} path @returns {Promise<Lock | undefined>} */
async function readLock(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}
