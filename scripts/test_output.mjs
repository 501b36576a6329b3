// @ts-check
// What a test file prints, read; and the order in which test files run. Pure.
import { stripVTControlCharacters } from 'node:util';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const ROOMS = ['kernels', 'runtime', 'model', 'train', 'cli', 'ops'];

/**
 * Room by room, the quick rooms first, slow files at the very end.
 * @param {string[]} files paths below the tests' folder, with `/`
 */
export function inOrder(files) {
  /** @param {string} file @returns {[number, number, string]} */
  const key = (file) => {
    const room = ROOMS.indexOf(file.split('/')[0] ?? '');
    return [Number(file.endsWith('.slow.test.mjs')), room < 0 ? ROOMS.length : room, file];
  };
  return files.toSorted((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x[0] - y[0] || x[1] - y[1] || (x[2] < y[2] ? -1 : 1);
  });
}

/**
 * Counts of one file from uvu's closing lines. A crash without them, or after them, is one failure more.
 * @param {string} output @param {number} code the exit code
 * @returns {Counts}
 */
export function countTests(output, code) {
  const text = stripVTControlCharacters(output);
  const total = closing(text, 'Total');
  const passed = closing(text, 'Passed');
  const failed = total - passed || Number(code !== 0);
  return { passed, failed, skipped: closing(text, 'Skipped') };
}

/** The last such line: a test may print a summary of its own before uvu does. @param {string} text @param {string} name */
function closing(text, name) {
  return Number([...text.matchAll(new RegExp(`^  ${name}: +(\\d+)$`, 'gm'))].at(-1)?.[1] ?? 0);
}

/** Lines that begin with `skip` or `skipped`: how a test says why it did not run. @param {string} output */
export function skipReasons(output) {
  const lines = stripVTControlCharacters(output).split('\n');
  return lines
    .map((line) => line.trim())
    .filter((line) => /^skip(ped)?\b/i.test(line) && !/^Skipped: +\d+$/.test(line));
}
