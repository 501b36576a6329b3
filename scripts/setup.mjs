// @ts-check
// The first command after a clone: installs packages, builds, makes sure that a Vulkan device answers, runs the rest.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './packages.mjs';
import { attend, SetupError, say, step } from './steps.mjs';
import { ensureVulkan } from './vulkan.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const USAGE = `Usage: node scripts/setup.mjs <command> [arguments]

Commands
  start         build the program and run its demo            (npm start)
  test [part]   types, lint and tests; part: substrings of test file names   (npm test -- part)
  conformance   compare with vectors in a folder              (npm run conformance -- DIR)
  faults        fault tests, sampled; --full reaches all figures   (npm run test:faults -- --only part)
  soak          fault tests with ever new seeds               (npm run soak -- --minutes 60)
  bench         time everything; with --peers, beside other libraries   (npm run bench -- --help)
  e2gan         build the program and run any of its commands
  site          build the browser app into dist/site, for any server
  conformance-web   the same vectors in a headless Chromium   (npm run conformance:web -- DIR)
  vulkan        only make sure that a Vulkan device answers

Environment
  E2GAN_VULKAN  system       the driver that the system has; nothing is installed
                lavapipe     Mesa's software device; installed through apt as root on Debian and Ubuntu
                swiftshader  the software device of npm package @sparticuz/chromium, unpacked into .vulkan/
                unset        the system's driver; else lavapipe through apt; else swiftshader`;

/**
 * What each command builds (tasks of build.mjs) and then runs with Node.
 * @type {Record<string, { build: string[], stale?: string, run: string[] }>}
 */
const COMMANDS = {
  start: { build: ['types', 'cli'], run: ['dist/cli.mjs', 'start'] },
  test: {
    build: ['types', 'check', 'cli', 'package', 'web', 'test'],
    stale: 'dist/test',
    run: ['scripts/run_tests.mjs'],
  },
  conformance: { build: ['conformance'], run: ['dist/conformance.mjs'] },
  faults: { build: ['types', 'cli', 'web', 'faults'], stale: 'dist/faults', run: ['scripts/run_faults.mjs'] },
  soak: {
    build: ['types', 'cli', 'faults'],
    stale: 'dist/faults',
    run: ['scripts/run_faults.mjs', '--soak'],
  },
  bench: { build: ['types', 'bench'], run: ['dist/bench.mjs'] },
  e2gan: { build: ['types', 'cli', 'web'], run: ['dist/cli.mjs'] },
  site: { build: ['types', 'web'], run: [] },
  'conformance-web': { build: ['types', 'web', 'conformance'], run: ['dist/conformance-web.mjs'] },
  vulkan: { build: [], run: [] },
};

/** @param {string} name @param {string[]} args @returns {Promise<number>} the exit code */
async function main(name, args) {
  const command = COMMANDS[name];
  if (!command) {
    console.error(USAGE);
    return name === '--help' || name === '-h' ? 0 : 2;
  }
  await ensurePackages(root);
  if (command.stale) await rm(join(root, command.stale), { recursive: true, force: true });
  if (command.build.length) await build(command.build);
  const env = await ensureVulkan(root, process.env.E2GAN_VULKAN || undefined);
  return command.run.length ? attend(process.execPath, [...command.run, ...args], { cwd: root, env }) : 0;
}

/** @param {string[]} tasks */
async function build(tasks) {
  await step(`building (${tasks.join(', ')})`, process.execPath, ['build.mjs', ...tasks], { cwd: root });
}

const major = Number.parseInt(process.versions.node, 10);
if (major < 20) {
  console.error(`setup: Node ${process.versions.node} is too old; install Node 20 or newer`);
  process.exit(1);
}
try {
  const [name = '', ...args] = process.argv.slice(2);
  process.exitCode = await main(name, args);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
