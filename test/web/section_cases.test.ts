import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

// What goes wrong in browsers, by the list that the project keeps (B1 to B15), and the test that holds each.

const TROUBLE = 'trouble.test.ts';
const APP = 'app.slow.test.ts';
const APP_TROUBLE = 'app_trouble.slow.test.ts';

const CASES: readonly (readonly [id: string, what: string, file: string, name: string])[] = [
  ['B1', 'no navigator.gpu', TROUBLE, 'no navigator.gpu'],
  ['B2', 'no adapter', TROUBLE, 'no adapter'],
  ['B2', 'fallback adapter: all of these tests run on one', 'live.test.ts', 'drives one in a worker'],
  ['B3', 'limits below need', TROUBLE, 'limits too small'],
  ['B4', 'no shader-f16: f16 is asked for and passed over', TROUBLE, 'or of another kind'],
  ['B5', 'device lost while running', TROUBLE, 'a lost device is replaced within 5 s'],
  ['B5', 'in the app', APP, 'a lost device is replaced'],
  ['B5', 'while training', 'training.slow.test.ts', 'and when the device is lost'],
  ['B5', 'while training in the app', APP, 'and the loss of its device'],
  ['B6', 'tab hidden and shown', APP_TROUBLE, 'a page that is hidden draws nothing'],
  ['B7', 'camera denied', APP, 'the camera runs, and what it refuses is said'],
  ['B7', 'unplugged, resolution change', APP_TROUBLE, 'a camera that changes its resolution goes on'],
  ['B8', '50 files, a file of 500 MB', APP_TROUBLE, '50 files at once, 70, and one of 500 MB'],
  ['B8', 'a folder', APP_TROUBLE, 'a folder is looked through'],
  ['B9', '404, wrong type, truncated, unreachable', TROUBLE, 'weights that are missing, broken off'],
  ['B9', 'CORS', TROUBLE, 'weights on another origin that does not share them'],
  ['B10', 'out of memory', 'live.test.ts', 'without memory for a size, a smaller one is offered'],
  ['B11', 'resize during a frame', TROUBLE, 'started and stopped 100 times, resized in between'],
  ['B12', 'file names as text', APP, 'names of files are text'],
  ['B13', 'offline after load', APP, 'training outlives a reload without a network'],
  ['B14', '100 starts and stops', TROUBLE, 'started and stopped 100 times'],
  ['B15', 'zoom and DPR', APP_TROUBLE, 'another zoom, another screen'],
];

/** What no test here can reach, and why. */
const NOT_HERE: readonly (readonly [id: string, why: string])[] = [
  [
    'B6',
    'a laptop that sleeps: its page is hidden first, and a device that did not outlast it is a lost one',
  ],
];

test('every case of the list has a test of that name', async () => {
  const ids = new Set([...CASES, ...NOT_HERE].map(([id]) => id));
  assert.equal(
    [...ids].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))),
    Array.from({ length: 15 }, (_, i) => `B${i + 1}`),
  );
  for (const [id, what, file, name] of CASES) {
    const names = [...(await readFile(`test/web/${file}`, 'utf8')).matchAll(/'((?:[^'\\]|\\.)*)'/g)];
    assert.ok(
      names.some(([, text]) => text!.includes(name)),
      `${id}, ${what}: ${file} has no test called "${name}"`,
    );
  }
});

test.run();
