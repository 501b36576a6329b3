import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkDataSet, contactSheet } from '../../src/cli/data/check.ts';
import { describeCheck } from '../../src/cli/data/check_text.ts';
import { scanFolder } from '../../src/cli/data/data_set.ts';
import { plainPng } from './png_builder.ts';
import { withFolder } from './scratch.ts';

async function fill(folder: string, files: Record<string, Buffer>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

test('a check counts what is broken, unequal, doubled and unchanged, and names it', async () => {
  await withFolder(async (folder) => {
    await fill(folder, {
      'input/good.png': plainPng(4, 4, 1),
      'output/good.png': plainPng(4, 4, 2),
      'input/torn.png': plainPng(4, 4, 3).subarray(0, 50),
      'output/torn.png': plainPng(4, 4, 4),
      'input/size.png': plainPng(4, 4, 5),
      'output/size.png': plainPng(2, 4, 6),
      'input/same.png': plainPng(4, 4, 7),
      'output/same.png': plainPng(4, 4, 7),
      'input/GOOD.png': plainPng(4, 4, 8),
      'output/GOOD.png': plainPng(4, 4, 9),
      'input/alone.png': plainPng(4, 4, 10),
    });
    const steps: string[] = [];
    const report = await checkDataSet(await scanFolder(folder), (done, total) =>
      steps.push(`${done}/${total}`),
    );
    assert.is(report.usable.length, 3);
    assert.equal(report.broken, ['input/torn.png: cannot use this picture: truncated in chunk IDAT']);
    assert.equal(report.mismatches, ['input/size.png 4x4, output/size.png 2x4']);
    assert.equal(report.unchanged, ['output/same.png']);
    assert.equal(report.duplicates, [['input/same.png', 'output/same.png']]);
    assert.is(report.caseClashes.length, 2);
    assert.equal(
      [...report.sizes],
      [
        ['4x4', 8],
        ['2x4', 1],
      ],
    );
    assert.is(steps.at(-1), '10/10');
    const text = describeCheck(report).join('\n');
    assert.match(text, /layout: two folders, input\/ and output\//);
    assert.match(text, /pairs: 5, of them usable: 3/);
    assert.match(text, /left out: 3 files/);
    assert.match(text, /1 without a partner: input\/alone\.png/);
    assert.match(text, /1 unreadable: input\/torn\.png/);
    assert.match(text, /1 of two sizes: output\/size\.png/);
  });
});

test('the contact sheet shows at most 24 pairs, four to a row', async () => {
  await withFolder(async (folder) => {
    for (let i = 0; i < 30; i++) {
      await fill(folder, { [`A/${i}.png`]: plainPng(4, 4, i), [`B/${i}.png`]: plainPng(4, 4, 100 + i) });
    }
    const sheet = await contactSheet(await checkDataSet(await scanFolder(folder)));
    assert.is(sheet.width, 4 + 8 * (128 + 4));
    assert.is(sheet.height, 24 + 6 * (128 + 4));
    const values = new Set(sheet.rgb);
    assert.ok(values.has(100) && values.has(128), 'the first and the 28th pair are there');
  });
});

test('only unreadable pictures leave an empty sheet and no usable pair', async () => {
  await withFolder(async (folder) => {
    await fill(folder, { 'A/1.png': Buffer.from('text'), 'B/1.png': Buffer.alloc(0) });
    const report = await checkDataSet(await scanFolder(folder));
    assert.is(report.usable.length, 0);
    assert.is(report.broken.length, 2);
    assert.ok((await contactSheet(report)).width > 0);
  });
});

test.run();
