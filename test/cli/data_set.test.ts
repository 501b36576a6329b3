import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type DataSet, type DataSetOptions, findPairs, scanFolder } from '../../src/cli/data/data_set.ts';
import { readPair } from '../../src/cli/data/pair.ts';
import { plainPng } from './png_builder.ts';
import { rejectsWith, sharedFolder, withFolder } from './scratch.ts';

/** Writes empty files (or texts, by name) and scans the folder. */
async function scan(
  files: readonly (string | [string, string | Buffer])[],
  options?: DataSetOptions,
): Promise<DataSet> {
  let result: DataSet | undefined;
  await withFolder(async (folder) => {
    await fill(folder, files);
    result = await scanFolder(folder, options);
  });
  return result!;
}

async function fill(folder: string, files: readonly (string | [string, string | Buffer])[]): Promise<void> {
  for (const file of files) {
    const [name, content] = typeof file === 'string' ? [file, ''] : file;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

const shown = (data: DataSet) =>
  data.pairs.map((pair) => {
    const extras = [pair.split, pair.concept, pair.prompt].filter(Boolean).join('|');
    return `${relative(data.root, pair.input)} ${relative(data.root, pair.target)} ${extras}`.trim();
  });

test('two folders of any usual name, in natural order, also with other extensions', async () => {
  const data = await scan([
    'A/x10.png',
    'A/x2.png',
    'A/x1.jpg',
    'B/x1.png',
    'B/x2.png',
    'B/x10.png',
    'A/lone.png',
  ]);
  assert.equal(shown(data), ['A/x1.jpg B/x1.png', 'A/x2.png B/x2.png', 'A/x10.png B/x10.png']);
  assert.equal(data.skips.of('without a partner'), ['A/lone.png']);
  for (const [from, to] of ['input output', 'before after', 'source target', 'Original Edited'].map((s) =>
    s.split(' '),
  )) {
    assert.equal(shown(await scan([`${from}/p.png`, `${to}/p.png`])), [`${from}/p.png ${to}/p.png`]);
  }
});

test('splits inside the folders and folders inside the splits', async () => {
  const inside = await scan(['A/train/x.png', 'B/train/x.png', 'A/test/x.png', 'B/test/x.png']);
  assert.equal(shown(inside), ['A/test/x.png B/test/x.png test', 'A/train/x.png B/train/x.png train']);
  const outside = await scan([
    'train/input/x.png',
    'train/output/x.png',
    'valid/input/x.png',
    'valid/output/x.png',
  ]);
  assert.equal(shown(outside), [
    'train/input/x.png train/output/x.png train',
    'valid/input/x.png valid/output/x.png val',
  ]);
  assert.is(outside.layout, 'split folders (two folders, input/ and output/)');
});

test('reverse swaps input and target', async () => {
  assert.equal(shown(await scan(['A/x.png', 'B/x.png'], { reverse: true })), ['B/x.png A/x.png']);
});

test('equal stems that are not unique are left alone, never guessed', async () => {
  const data = await scan(['A/x.png', 'A/x.jpg', 'B/x.webp', 'A/y.png', 'B/y.png']);
  assert.equal(shown(data), ['A/y.png B/y.png']);
  assert.is(data.skips.of('without a partner').length, 3);
});

test('CycleGAN folders are pairs only if every name has its partner', async () => {
  const all = await scan(['trainA/1.png', 'trainB/1.png', 'testA/2.png', 'testB/2.png']);
  assert.equal(shown(all), ['testA/2.png testB/2.png test', 'trainA/1.png trainB/1.png train']);
  const some = await scan(['trainA/1.png', 'trainB/1.png', 'trainA/2.png', 'trainB/3.png']);
  assert.is(some.pairs.length, 0);
  assert.match(some.layout, /1 of 2/);
});

test('input beside concept folders, prompts from concepts.json', async () => {
  const prompts = JSON.stringify({ concepts: [{ name: 'night', prompt: 'the scene at night' }] });
  const data = await scan([
    'input/a.png',
    'night/a.png',
    'sepia/a.png',
    'sepia/b.png',
    ['concepts.json', prompts],
  ]);
  assert.equal(shown(data), [
    'input/a.png night/a.png night|the scene at night',
    'input/a.png sepia/a.png sepia',
  ]);
  assert.equal(data.skips.lines(), ['1 without a partner: sepia/b.png']);
});

test('concept folders with any layout inside, prompts from concept.json', async () => {
  const own = ['concepts/ink/concept.json', '{"prompt": "ink", "negative": "", "source": "me"}'] as [
    string,
    string,
  ];
  const data = await scan([
    'concepts/ink/A/1.png',
    'concepts/ink/B/1.png',
    own,
    'concepts/oil/1_a.png',
    'concepts/oil/1_b.png',
  ]);
  assert.equal(shown(data), [
    'concepts/ink/A/1.png concepts/ink/B/1.png ink|ink',
    'concepts/oil/1_a.png concepts/oil/1_b.png oil',
  ]);
  const single = await scan(['A/1.png', 'B/1.png', ['concept.json', '{"name": "wax", "prompt": "in wax"}']]);
  assert.equal(shown(single), ['A/1.png B/1.png wax|in wax']);
});

test('suffixes', async () => {
  assert.equal(shown(await scan(['x_before.png', 'x_after.jpg', 'y-before.png', 'y-after.png', 'z.png'])), [
    'x_before.png x_after.jpg',
    'y-before.png y-after.png',
  ]);
  assert.equal(shown(await scan(['1_in.png', '1_out.png'])), ['1_in.png 1_out.png']);
});

test('two pictures side by side, found by shape or by order, cut in halves', async () => {
  await withFolder(async (folder) => {
    await fill(folder, [
      ['train/1.png', plainPng(4, 2, 9)],
      ['test/1.png', plainPng(4, 2, 9)],
    ]);
    const data = await scanFolder(folder);
    assert.equal(shown(data), ['test/1.png test/1.png test', 'train/1.png train/1.png train']);
    assert.is(data.pairs[0]!.left, 'input');
    assert.equal((await readPair(data.pairs[0]!)).target, {
      width: 2,
      height: 2,
      rgb: new Uint8Array(12).fill(9),
    });
    await writeFile(join(folder, 'train', '2.png'), plainPng(3, 2));
    const forced = await findPairs(folder, { sideBySide: true, reverse: true });
    assert.is(forced.pairs[0]!.left, 'target');
    await rejectsWith(() => readPair(forced.pairs[2]!), /even width, it has 3/);
  });
});

test('metadata.jsonl and metadata.csv', async () => {
  const row = {
    input_file_name: 'i/1.png',
    output_file_name: 'o/1.png',
    edit_prompt: 'make it red',
    concept: 'red',
  };
  const again = { ...row, edit_prompt: 'paint it red' };
  const gone = { ...row, input_file_name: 'i/9.png' };
  const jsonl = [row, again, gone].map((r) => JSON.stringify(r)).join('\n');
  const data = await scan([
    'train/i/1.png',
    'train/o/1.png',
    'train/rest.png',
    ['train/metadata.jsonl', jsonl],
  ]);
  assert.equal(shown(data), [
    'train/i/1.png train/o/1.png train|red|make it red',
    'train/i/1.png train/o/1.png train|red|paint it red',
  ]);
  assert.equal(data.skips.lines(), [
    '1 listed but missing: train/i/9.png',
    '1 without a partner: train/rest.png',
  ]);
  const csv = 'input_image,edited_image,edit_prompt\r\n1.png,2.png,"a ""big"", red\none"\r\n';
  assert.equal(shown(await scan(['1.png', '2.png', ['metadata.csv', csv]])), [
    '1.png 2.png a "big", red\none',
  ]);
});

test('malformed descriptions are errors that name file and row', async () => {
  const metadata = (text: string) => scan(['1.png', ['metadata.jsonl', text]]);
  await rejectsWith(() => metadata('{"input_file_name": "1.png"'), /metadata\.jsonl: line 1 is no JSON/);
  await rejectsWith(
    () => metadata('{"file_name": "1.png", "text": "x"}'),
    /row 1 names no pair \(columns file_name, text\)/,
  );
  const outside = (name: string) => JSON.stringify({ input_file_name: '1.png', output_file_name: name });
  await rejectsWith(() => metadata(outside('../x.png')), /outside the data folder/);
  await rejectsWith(() => metadata(outside('/etc/x.png')), /outside the data folder/);
  await rejectsWith(() => scan(['1.png', ['metadata.csv', 'input,target\n"a']]), /out of place/);
  await rejectsWith(() => scan(['1.png', 'metadata.parquet']), /Parquet is not read/);
  await rejectsWith(() => scan(['1.png', ['concepts.json', '[1]']]), /not a description of concepts/);
});

test('no folder, a file, an empty folder, nothing that pairs', async () => {
  await withFolder(async (folder) => {
    await rejectsWith(() => scanFolder(join(folder, 'none')), /none: cannot open the folder: no such file/);
    await rejectsWith(() => scanFolder(folder), /holds no pictures/);
    await fill(folder, ['a.txt', 'x.png', 'y.png']);
    await rejectsWith(() => scanFolder(join(folder, 'x.png')), /is not a folder/);
    await rejectsWith(() => findPairs(folder), /no pairs .*alone: x\.png, y\.png/);
  });
});

test('hidden files, links, pipes and strange names are counted, loops do not hang', async () => {
  if (process.platform === 'win32') return;
  await withFolder(async (folder) => {
    const odd = ['new\nline.png', '-dash.png', '🦊.png', `${'n'.repeat(251)}.png`];
    await fill(
      folder,
      odd.flatMap((name) => [`A/${name}`, `B/${name}`]),
    );
    await fill(folder, ['A/.hidden.png', 'A/notes.txt', 'A/._x.png']);
    await symlink(folder, join(folder, 'A', 'loop'));
    await symlink('/etc/hostname', join(folder, 'A', 'out.png'));
    await symlink('self.png', join(folder, 'A', 'self.png'));
    await symlink(join(folder, 'A', '-dash.png'), join(folder, 'A', 'inside.png'));
    execFileSync('mkfifo', [join(folder, 'B', 'pipe.png')]);
    const data = await scanFolder(folder);
    assert.is(data.pairs.length, 4);
    assert.is(data.skips.of('hidden').length, 2);
    assert.is(data.skips.of('link out of the folder or to a folder').length, 3);
    assert.equal(data.skips.of('not a regular file'), ['B/pipe.png']);
    assert.equal(data.skips.of('not a picture e2gan reads'), ['A/notes.txt']);
    assert.equal(data.skips.of('without a partner'), ['A/inside.png']);
  });
});

test('a sub-folder without permission is counted', async () => {
  if (process.getuid?.() === 0) return console.log('skipped: permissions do not bind the superuser');
  await withFolder(async (folder) => {
    await fill(folder, ['A/1.png', 'B/1.png', 'A/shut/2.png']);
    await chmod(join(folder, 'A', 'shut'), 0o000);
    assert.equal((await scanFolder(folder)).skips.of('unreadable'), ['A/shut/']);
    await chmod(join(folder, 'A', 'shut'), 0o700);
  });
});

const shared = sharedFolder('data/pairs');
(shared ? test : test.skip)('the reference pairs: input and six concepts with their prompts', async () => {
  const data = await findPairs(shared!);
  assert.is(data.pairs.length, 6 * 126);
  assert.is(data.skips.count, 0);
  assert.is(new Set(data.pairs.map((pair) => pair.concept)).size, 6);
  assert.is(data.pairs.find((pair) => pair.concept === 'night')!.prompt, 'the scene at night');
});

test.run();
