// @ts-check
// Makes sure that a WebGPU adapter answers: the system's driver, Mesa's lavapipe, or SwiftShader from npm.
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLavapipe, installLavapipe, readAptSources } from './lavapipe.mjs';
import { readRelease } from './release.mjs';
import { remedy } from './remedy.mjs';
import { capture, SetupError, say } from './steps.mjs';
import { findSwiftshader, installSwiftshader } from './swiftshader.mjs';

/** @typedef {{ vendor: string, architecture: string, device: string, description: string, software: boolean }} Adapter */
/** @typedef {{ drivers?: string[], libraries?: string }} Place Vulkan's driver files and a folder with its loader */
/** @typedef {{ way: string, env: Record<string, string>, adapter: Adapter | null, complaint: string }} Answer */
/**
 * @typedef {object} Way one way to a device
 * @property {(root: string) => Promise<Place | undefined>} find where it is, if it is there already
 * @property {((root: string) => Promise<void>)=} install throws SetupError where it cannot
 * @property {(adapter: Adapter) => boolean} matches whether this way's device answered, not another
 */

/** @type {Record<string, Way>} */
const WAYS = {
  system: { find: async () => ({}), matches: () => true },
  lavapipe: {
    find: findLavapipe,
    install: installLavapipe,
    matches: (adapter) => adapter.device.startsWith('llvmpipe'),
  },
  swiftshader: {
    find: findSwiftshader,
    install: installSwiftshader,
    matches: (adapter) => adapter.architecture === 'swiftshader',
  },
};
const PROBE_MS = 30_000;

/**
 * @param {string} root the repository
 * @param {string | undefined} wanted one of WAYS, or undefined for the first that answers
 * @returns {Promise<NodeJS.ProcessEnv>} the environment in which Dawn finds the device
 * @throws {SetupError} where no device can be had; the message says what to run
 */
export async function ensureVulkan(root, wanted) {
  if (wanted !== undefined && !WAYS[wanted]) {
    throw new SetupError(`E2GAN_VULKAN is "${wanted}"; it can be ${Object.keys(WAYS).join(', ')}, or unset`);
  }
  const usable = wanted ? [wanted] : ['system', 'swiftshader'];
  let answer = await firstAnswer(root, usable);
  for (const way of wanted ? [wanted] : ['lavapipe', 'swiftshader']) {
    if (!answer.adapter && (await install(root, way))) answer = await firstAnswer(root, usable);
  }
  if (!answer.adapter) throw new SetupError(await refusal(answer.complaint));
  const { description, device, software } = answer.adapter;
  say(`device: ${description || device}${software ? ' (software: right but slow)' : ''}`);
  if (!wanted) await remember(root, answer);
  return { ...process.env, ...answer.env };
}

/**
 * @param {string} root @param {string[]} ways
 * @returns {Promise<Answer>} without an adapter where none answers
 */
async function firstAnswer(root, ways) {
  const complaints = [];
  for (const name of ways) {
    const way = WAYS[name];
    const place = await way?.find(root);
    if (!way || !place) continue;
    const env = environment(place);
    const { adapter, complaint } = await probe(env);
    if (adapter && way.matches(adapter)) return { way: name, env, adapter, complaint };
    complaints.push(adapter ? `${name}: another device answered: ${adapter.description}` : complaint);
  }
  return { way: '', env: {}, adapter: null, complaint: complaints.join('\n') };
}

/** Both names of the drivers' variable are set: the newer wins where a loader knows it. @param {Place} place */
function environment({ drivers, libraries }) {
  /** @type {Record<string, string>} */
  const env = {};
  if (drivers) env.VK_DRIVER_FILES = env.VK_ICD_FILENAMES = drivers.join(delimiter);
  if (libraries) {
    env.LD_LIBRARY_PATH = [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  }
  return env;
}

/** Asks in a child process, since a broken driver may crash or hang. @param {Record<string, string>} env */
async function probe(env) {
  const script = fileURLToPath(new URL('./probe.mjs', import.meta.url));
  const { code, stdout, stderr } = await capture(process.execPath, [script], {
    env: { ...process.env, ...env },
    timeout: PROBE_MS,
    killSignal: 'SIGKILL',
  });
  /** @type {Adapter | null} */
  const adapter = code === 0 ? JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') : null;
  return { adapter, complaint: stderr.trim() || `the probe ended with exit code ${code}` };
}

/** @param {string} root @param {string} way @returns {Promise<boolean>} whether something was installed */
async function install(root, way) {
  try {
    await WAYS[way]?.install?.(root);
    return WAYS[way]?.install !== undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`${way}: ${error.message}`);
    return false;
  }
}

/** @param {string} complaint what Dawn printed */
async function refusal(complaint) {
  const commands = remedy(process.platform, await readRelease(), await readAptSources());
  const reasons = complaint.split('\n').filter((line) => /^\S/.test(line));
  return ['no WebGPU device answers', ...reasons, 'Run this, then try again:', ...commands].join('\n');
}

/** Kept for programs that are started without this script. @param {string} root @param {Answer} answer */
async function remember(root, { way, env, adapter }) {
  await mkdir(join(root, '.vulkan'), { recursive: true });
  await writeFile(join(root, '.vulkan', 'env.json'), `${JSON.stringify({ way, env, adapter }, null, 2)}\n`);
}
