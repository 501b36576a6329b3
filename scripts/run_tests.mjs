// @ts-check
// Runs every test bundle in a process of its own: `node scripts/run_tests.mjs [part of a name ...]`.
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTests, inOrder, skipReasons } from './test_output.mjs';

const FOLDER = fileURLToPath(new URL('../dist/test', import.meta.url));
const LIMIT_MS = 600_000;
// Files called `.slow` start the whole program many times; SwiftShader compiles for seconds each time.
const SLOW_LIMIT_MS = 900_000;

const limitOf = (/** @type {string} */ file) => (file.includes('.slow.') ? SLOW_LIMIT_MS : LIMIT_MS);

const AT_ONCE = Math.min(2, availableParallelism());
const isWindows = process.platform === 'win32';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** A test may have children of its own, which would keep its output open: the whole group goes. */
function kill(/** @type {import('node:child_process').ChildProcess} */ child) {
  if (child.pid === undefined) return;
  try {
    isWindows ? child.kill('SIGKILL') : process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

/** @param {string} file below FOLDER @returns {Promise<{ code: number, output: string, late: boolean, ms: number }>} */
function execute(file) {
  return new Promise((resolve) => {
    const start = performance.now();
    const child = spawn(process.execPath, ['--enable-source-maps', join(FOLDER, file)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !isWindows,
    });
    running.add(child);
    let output = '';
    let late = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    const watchdog = setTimeout(() => {
      late = true;
      kill(child);
    }, limitOf(file));
    child.on('close', (code) => {
      clearTimeout(watchdog);
      running.delete(child);
      resolve({ code: code ?? 1, output, late, ms: Math.round(performance.now() - start) });
    });
  });
}

/** Runs and reports one file. @param {string} file @returns {Promise<import('./test_output.mjs').Counts>} */
async function runFile(file) {
  const { code, output, late, ms } = await execute(file);
  const counts = countTests(output, code);
  if (counts.passed + counts.failed + counts.skipped === 0) {
    counts.failed = 1;
    console.log(`${file}: ran no test`);
  }
  const name = file.replace(/\.test\.mjs$/, '');
  const verdict = counts.failed ? 'FAIL' : 'ok  ';
  console.log(
    `${verdict} ${name.padEnd(44)} ${String(counts.passed).padStart(5)} passed ${String(ms).padStart(7)} ms`,
  );
  const reasons = skipReasons(output);
  for (const reason of reasons) console.log(`     ${reason}`);
  if (counts.skipped && !reasons.length) console.log(`     ${counts.skipped} skipped without a reason`);
  if (late) console.log(`     ${name}: stopped after ${limitOf(file) / 1000} s`);
  if (counts.failed) console.log(output);
  return counts;
}

/** @param {string[]} filters parts of names; none for all */
async function findFiles(filters) {
  const names = await readdir(FOLDER, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.test.mjs')).map((name) => name.replaceAll(sep, '/'));
  return inOrder(files.filter((file) => !filters.length || filters.some((part) => file.includes(part))));
}

process.on('exit', () => running.forEach(kill));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => process.exit(1));

const files = await findFiles(process.argv.slice(2));
if (!files.length)
  console.log(`no test file in dist/test is called ${process.argv.slice(2).join(' or ') || '*.test.mjs'}`);
const sum = { passed: 0, failed: files.length ? 0 : 1, skipped: 0 };
const queue = files.values();
const workers = Array.from({ length: AT_ONCE }, async () => {
  for (const file of queue) {
    const { passed, failed, skipped } = await runFile(file);
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
});
await Promise.all(workers);
process.exitCode = sum.failed ? 1 : 0;
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
