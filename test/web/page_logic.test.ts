import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Losses } from '../../src/runtime/losses.ts';
import { sortFiles } from '../../src/web/app/dropped_files.ts';
import { matchFiles } from '../../src/web/app/pair_files.ts';
import { nameOf } from '../../src/web/download.ts';
import { Fallback } from '../../src/web/fallback.ts';
import { cropOf } from '../../src/web/frame_source.ts';
import { Pace } from '../../src/web/pace.ts';
import { smallBase } from './small_base.ts';

test('slow frames make the picture smaller, by as much as is needed; then a smaller base takes over', () => {
  const after = (ms: number, edge: number, hasSmaller = false) => {
    const pace = new Pace();
    const answers = Array.from({ length: 8 }, () => pace.note(ms, edge, { leastFps: 10, hasSmaller }));
    assert.equal(answers.slice(0, 7), Array(7).fill(null), 'a few slow frames are none');
    return answers[7];
  };
  assert.is(after(90, 256), null);
  assert.equal(after(150, 256), { edge: 192 });
  assert.equal(after(390, 256), { edge: 128 });
  assert.equal(after(5000, 256), { edge: 64 });
  assert.is(after(500, 64), 'too slow');
  assert.is(after(90, 256, true), null);
  assert.equal(after(390, 256, true), { edge: 128 });
  assert.is(after(410, 256, true), 'smaller base', 'a picture of 96 would do, and is too small');
  assert.is(after(150, 128, true), 'smaller base');
  assert.is(after(150, 64, true), 'smaller base');
  const pace = new Pace();
  const pacing = { leastFps: 10, hasSmaller: false };
  for (let i = 0; i < 7; i++) pace.note(1000, 256, pacing);
  pace.forget();
  assert.is(pace.note(1000, 256, pacing), null);
});

test('a slow filter gets a smaller picture, then smaller bases, then says that it is too slow', async () => {
  // Milliseconds for a million points.
  const costs = { paper: 20_000, small: 5000, tiny: 1500 };
  const names = Object.keys(costs) as (keyof typeof costs)[];
  let edge = 256;
  let failing = 1;
  const filter = {
    get base() {
      return { name: names[0]! };
    },
    get smaller() {
      return names.length - 1;
    },
    get stats() {
      return { width: 2 * edge, height: edge, frameMs: (costs[names[0]!] * edge * edge) / 1e6 };
    },
    async resize([width, height]: readonly [number, number]) {
      assert.is(width, 2 * height, 'the aspect stays');
      if (failing-- > 0) throw new Error('not this time');
      edge = height;
    },
    async useSmaller() {
      names.shift();
    },
  };
  const told: unknown[] = [];
  const fallback = new Fallback(filter, (slowness) => told.push(slowness));
  const play = async (leastFps: number) => {
    for (let i = 0; i < 100; i++) {
      fallback.note(leastFps);
      await Promise.resolve();
    }
  };
  await play(0);
  assert.equal(told, []);
  await play(2);
  assert.equal(told, [{ edge: 128, base: 'paper', smaller: 2 }]);
  await play(10);
  assert.equal(told.slice(1), [{ edge: 128, base: 'small', smaller: 1 }]);
  await play(100);
  assert.equal(told.slice(2), [
    { edge: 128, base: 'tiny', smaller: 0 },
    { edge: 64, base: 'tiny', smaller: 0 },
  ]);
  await play(1000);
  assert.equal(told.slice(4), ['too slow'], 'once');
});

test('a source is cut to its middle, mirrored and sampled as finely as it needs', () => {
  assert.equal(cropOf([64, 64], 64, 64), { left: 0, top: 0, right: 1, bottom: 1, taps: 1 });
  assert.equal(cropOf([128, 64], 64, 64), { left: 0.25, top: 0, right: 0.75, bottom: 1, taps: 1 });
  assert.equal(cropOf([64, 128], 64, 64, { mirror: true }), {
    left: 1,
    top: 0.25,
    right: 0,
    bottom: 0.75,
    taps: 1,
  });
  assert.is(cropOf([1280, 720], 128, 128).taps, 3);
});

test('a device that is lost three times in a minute is given up', () => {
  const losses = new Losses();
  assert.equal(
    [0, 1000, 70_000, 71_000, 72_000].map((t) => losses.again(t)),
    [true, true, true, true, false],
  );
});

test('files are named by the last part of their address', () => {
  assert.equal(['a/b.safetensors?x#y', 'looks/ink/', 'x'].map(nameOf), ['b.safetensors', 'ink', 'x']);
  assert.is(nameOf(new Uint8Array()), 'the file');
});

const named = (...names: string[]) => names.map((name) => ({ name }));

test('pictures before and after pair up by name, else by order', () => {
  const pairs = (b: string[], a: string[]) =>
    matchFiles(named(...b), named(...a)).map(([x, y]) => `${x.name}>${y.name}`);
  assert.equal(pairs(['x_before.png', 'y_before.png'], ['y_after.jpg', 'x_after.jpg']), [
    'x_before.png>x_after.jpg',
    'y_before.png>y_after.jpg',
  ]);
  assert.equal(pairs(['p2.png', 'p10.png'], ['q10.png', 'q2.png']), ['p2.png>q2.png', 'p10.png>q10.png']);
  assert.throws(() => pairs(['x.png', 'y.png'], ['x.png', 'z.png']), /y\.png has no partner/);
  assert.throws(() => pairs([], ['x.png']), /before and after/);
});

const file = (name: string, content: BlobPart, type = ''): File => new File([content], name, { type });

const placed = (one: File) => ({ file: one, path: one.name });

test('dropped files are sorted, and what is none of ours is named', async () => {
  const config = file('adapter_config.json', '{}');
  const weights = file('adapter_model.safetensors', 'x');
  const base = file('base.safetensors', smallBase(1) as Uint8Array<ArrayBuffer>);
  const picture = file('<img src=x onerror=alert(1)>.png', 'x', 'image/png');
  const sorted = await sortFiles([picture, weights, base, config].map(placed));
  assert.equal(
    sorted.map((d) => d.kind),
    ['media', 'adapter', 'base'],
  );
  assert.ok(sorted[1]!.kind === 'adapter' && sorted[1]!.source.config);
  const reason = (files: File[]) =>
    sortFiles(files.map(placed)).then(
      () => '',
      (e: Error) => e.message,
    );
  assert.match(await reason([config]), /adapter_model\.safetensors is missing/);
  assert.match(await reason([file('notes.txt', 'x')]), /^notes\.txt: is no picture/);
  const large = Object.defineProperty(file('large.safetensors', 'x'), 'size', { value: 500e6 });
  assert.match(
    await reason([large]),
    /^large\.safetensors: has 500 MB; adapters and bases have up to 256 MB/,
  );
  assert.match(await reason([file('x.zip', 'no zip')]), /^x\.zip: is no zip/);
  assert.match(await reason(Array.from({ length: 65 }, () => weights)), /65 files at once are too many/);
});

test('a folder may hold more than what is ours; adapters in it find their configuration', async () => {
  const inFolder = (...names: string[]) =>
    names.map((name) => ({ file: file(name.split('/').at(-1)!, 'x'), path: name }));
  const sorted = await sortFiles(
    inFolder(
      'looks/README.md',
      'looks/ink/adapter_config.json',
      'looks/ink/adapter_model.safetensors',
      'looks/fog/LICENSE',
      'looks/fog/adapter_model.safetensors',
    ),
  );
  assert.equal(
    sorted.map((d) => d.kind === 'adapter' && [d.name, 'config' in d.source]),
    [
      ['ink', true],
      ['fog', false],
    ],
  );
  const reason = await sortFiles(inFolder('notes/a.txt', 'notes/b.txt')).catch((e: Error) => e.message);
  assert.is(reason, 'notes: holds no adapter, base, picture or video');
});

test.run();
