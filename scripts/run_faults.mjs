// @ts-check
// The fault tests, part by part: `npm run test:faults -- [--full] [--only part,part] [--seed N]`; `npm run soak -- [--minutes N]
// [--only part,part]` runs samples with ever new seeds until the time is over or something falls short.
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FOLDER = fileURLToPath(new URL('../dist/faults', import.meta.url));
const SUFFIX = '.part.mjs';
// Of one part, as a sample and in full.
const LIMIT_MS = { sample: 300_000, full: 12 * 3_600_000 };
// Parts that soak: those whose seed changes what they try.
const SOAKED = ['formats', 'pictures', 'files', 'kill', 'memory'];

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/** Runs a part, its lines shown as they come. @param {string} part @param {string[]} args @param {number} limitMs @returns {Promise<Counts>} */
function runPart(part, args, limitMs) {
  return new Promise((resolve) => {
    const start = performance.now();
    // What a part leaves to the garbage collector counts only where there is one to call.
    const flags = ['--enable-source-maps', '--expose-gc'];
    const child = spawn(process.execPath, [...flags, join(FOLDER, `${part}${SUFFIX}`), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own, so that what a part has started ends with it; Windows has none.
      detached: process.platform !== 'win32',
    });
    const kill = () => {
      try {
        if (process.platform === 'win32') child.kill('SIGKILL');
        else if (child.pid) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // All of it has ended.
      }
    };
    process.once('exit', kill);
    const watchdog = setTimeout(kill, limitMs);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      process.stdout.write(
        text.replace(/^(?!\d+ passed, )(?=.)/gm, `${part}: `).replace(/^\d+ passed, .*\n/gm, ''),
      );
    });
    child.on('close', (code) => {
      clearTimeout(watchdog);
      const counts = countsIn(output);
      if (code !== 0 && counts.failed === 0) {
        counts.failed = 1;
        console.log(`${part}: ended with code ${code} - FELL SHORT`);
      }
      console.log(`${part}: took ${((performance.now() - start) / 1000).toFixed(1)} s`);
      resolve(counts);
    });
  });
}

/** @param {string} output @returns {Counts} */
function countsIn(output) {
  const [, passed, failed, skipped] =
    [...output.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1) ?? [];
  if (passed === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    soak: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
  },
});

const all = (await readdir(FOLDER).catch(() => []))
  .filter((name) => name.endsWith(SUFFIX))
  .map((name) => name.slice(0, -SUFFIX.length))
  .sort();
const wanted = values.only?.split(',') ?? (values.soak ? SOAKED.filter((part) => all.includes(part)) : all);
const unknown = wanted.filter((part) => !all.includes(part));
if (unknown.length || !wanted.length) {
  console.error(
    `run_faults: no part ${unknown.join(', ')}; there are ${all.join(', ') || 'none: build them first'}`,
  );
  process.exit(2);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));

const sum = { passed: 0, failed: 0, skipped: 0 };
const end = Date.now() + Number(values.minutes) * 60_000;
const limit = values.full ? LIMIT_MS.full : LIMIT_MS.sample;
let seed = Number(values.seed);
do {
  if (values.soak) console.log(`seed ${seed}`);
  for (const part of wanted) {
    const counts = await runPart(part, [...(values.full ? ['--full'] : []), '--seed', String(seed)], limit);
    for (const name of /** @type {(keyof Counts)[]} */ (Object.keys(sum))) sum[name] += counts[name];
  }
  seed++;
} while (values.soak && !sum.failed && Date.now() < end);
process.exitCode = sum.failed ? 1 : 0;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
