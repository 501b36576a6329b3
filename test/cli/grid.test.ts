import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { forEachDot } from '../../src/cli/images/font.ts';
import { pictureGrid } from '../../src/cli/images/grid.ts';
import { loadNative } from '../../src/cli/images/native.ts';
import { fitInside, resizePicture } from '../../src/cli/images/resize.ts';
import type { Picture } from '../../src/model/picture.ts';

const flat = (width: number, height: number, value: number): Picture => ({
  width,
  height,
  rgb: new Uint8Array(width * height * 3).fill(value),
});
const grey = (width: number, values: readonly number[]): Picture => ({
  width,
  height: values.length / width,
  rgb: Uint8Array.from(values.flatMap((value) => [value, value, value])),
});
const reds = ({ rgb }: Picture) => [...rgb].filter((_, i) => i % 3 === 0);
const native = await loadNative();

test('glyphs are drawn where they should be', () => {
  const lines = Array.from({ length: 8 }, () => Array(11).fill('.'));
  forEachDot('Lé', (x, y) => {
    lines[y]![x] = '#';
  });
  assert.equal(
    lines.map((line) => line.join('')),
    [
      '#......###.',
      '#.....#...#',
      '#.........#',
      '#........#.',
      '#.......#..',
      '#..........',
      '#####...#..',
      '...........',
    ],
    'a letter, and a question mark for one that the font lacks',
  );
});

test('a grid has a header, row labels, centred pictures and empty cells', async () => {
  const sheet = await pictureGrid(
    ['in', 'out'],
    [
      { label: 'a', pictures: [flat(8, 8, 10), flat(4, 8, 20)] },
      { label: 'b', pictures: [undefined, flat(8, 8, 30)] },
    ],
  );
  const left = 4 + 6 + 4;
  assert.equal([sheet.width, sheet.height], [left + 2 * 12, 16 + 2 * 12]);
  const at = (x: number, y: number) => sheet.rgb[3 * (y * sheet.width + x)];
  assert.equal(
    [at(left, 16), at(left + 12 + 1, 16), at(left + 12 + 2, 16), at(left + 12, 28)],
    [10, 255, 20, 30],
  );
  assert.is(at(left, 28), 255);
  assert.ok(sheet.rgb.subarray(0, 3 * 16 * sheet.width).includes(40), 'the header has ink');
});

test('labels that are too long are cut, large pictures are fitted', async () => {
  const sheet = await pictureGrid(
    ['a label far too long for so small a cell'],
    [{ pictures: [flat(400, 200, 7)] }],
    100,
  );
  assert.equal([sheet.width, sheet.height], [108, 24 + 104]);
  assert.equal(fitInside(flat(400, 200, 0), 100, 100), [100, 50]);
  assert.equal(fitInside(flat(3, 2000, 0), 100, 100), [1, 100]);
});

test('area averaging is exact, enlarging is linear', async () => {
  const half = await resizePicture(grey(4, [0, 10, 20, 40, 0, 10, 20, 40]), 2, 1, null);
  assert.equal(reds(half), [5, 30]);
  const third = await resizePicture(grey(3, [0, 90, 30]), 2, 1, null);
  assert.equal(reds(third), [30, 50]);
  const wide = await resizePicture(grey(2, [0, 100]), 4, 1, null);
  assert.equal(reds(wide), [0, 25, 75, 100]);
});

test('both resizers keep a flat colour and the size asked for, down to 1x1', async () => {
  for (const resizer of native ? [null, native] : [null]) {
    for (const [width, height] of [
      [1, 1],
      [300, 2],
      [7, 50],
    ] as const) {
      const out = await resizePicture(flat(20, 30, 77), width, height, resizer);
      assert.equal([out.width, out.height], [width, height]);
      assert.ok(out.rgb.length === 3 * width * height && out.rgb.every((value) => value === 77));
    }
  }
});

test.run();
