import { deflateSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodePicture, decodeWithNotes } from '../../src/cli/images/decode.ts';
import { chunk, idat, ihdr, plainPng, png, rows } from './png_builder.ts';
import { rejectsWith } from './scratch.ts';
import { exifBlock } from './tiny_pictures.ts';

const refused = (name: string, bytes: Buffer, pattern: RegExp) =>
  test(name, async () => {
    const error = await rejectsWith(() => decodePicture(bytes, 'bad.png'), pattern);
    assert.match(error.message, /^bad\.png: /);
    assert.not.match(error.message, /\n/);
  });

const head = (width: number, height: number, depth = 8, type = 2) =>
  chunk('IHDR', ihdr(width, height, depth, type));

refused('0 bytes', Buffer.alloc(0), /empty/);
refused('truncated in IDAT', plainPng(8, 8).subarray(0, 45), /truncated in chunk IDAT/);
refused('ends before IEND', plainPng(8, 8).subarray(0, -12), /no IEND/);
refused(
  'a header of 2^31-1 squared',
  png(head(2 ** 31 - 1, 2 ** 31 - 1), idat(rows(1, 1))),
  /limit is 64 mega/,
);
refused('a bomb of 20000x20000', png(head(20000, 20000, 1, 0), idat(Buffer.alloc(9))), /20000x20000/);
refused('no width', png(head(0, 5), idat(Buffer.alloc(5))), /at least 1x1/);
refused('bit depth 3', png(head(2, 2, 3, 0), idat(rows(2, 2))), /bit depth 3/);
refused('colour type 5', png(head(2, 2, 8, 5), idat(rows(2, 2))), /colour type 5/);
refused(
  'palette index out of range',
  png(head(2, 1, 8, 3), chunk('PLTE', Buffer.from([1, 2, 3])), idat(Buffer.from([0, 0, 9]))),
  /not in palette/,
);
refused('palette missing', png(head(2, 1, 8, 3), idat(Buffer.from([0, 0, 0]))), /palette/);
refused(
  'palette of 7 bytes',
  png(head(2, 1, 8, 3), chunk('PLTE', Buffer.alloc(7)), idat(Buffer.alloc(3))),
  /PLTE/,
);
refused('too few rows', png(head(8, 8), idat(rows(8, 7))), /ends after 175 of 200 bytes/);
refused('no IDAT', png(head(8, 8)), /pixel data/);
refused('10 MB of surplus pixels', png(head(8, 8), idat(rows(8, 140_000))), /more data than its header/);
refused(
  'surplus data after the pixels',
  png(head(8, 8), chunk('IDAT', Buffer.concat([deflateSync(rows(8, 8)), Buffer.alloc(500)]))),
  /surplus/,
);
refused('unknown filter', png(head(1, 1), idat(Buffer.from([9, 0, 0, 0]))), /filter/);
refused('unknown critical chunk', png(head(1, 1), chunk('CgBI'), idat(rows(1, 1))), /critical chunk CgBI/);
refused(
  'a chunk longer than the file',
  (() => {
    const bytes = plainPng(4, 4);
    bytes.writeUInt32BE(0x7fffffff, 33);
    return bytes;
  })(),
  /truncated/,
);
refused(
  'wrong checksum of IHDR',
  (() => {
    const bytes = plainPng(4, 4);
    bytes[20] = 5;
    return bytes;
  })(),
  /checksum of chunk IHDR/,
);
refused(
  'wrong checksum of IDAT',
  (() => {
    const bytes = plainPng(4, 4);
    bytes[bytes.length - 14]! ^= 1;
    return bytes;
  })(),
  /checksum of chunk IDAT/,
);
refused(
  '2000 text chunks',
  png(head(1, 1), ...Array(2000).fill(chunk('tEXt')), idat(rows(1, 1))),
  /side chunks/,
);

test('compressed text and profiles of 64 MB are not inflated', async () => {
  const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
  const named = Buffer.concat([Buffer.from('a\0\0', 'latin1'), bomb]);
  const before = process.memoryUsage().rss;
  const bytes = png(head(3, 2), chunk('zTXt', named), chunk('iCCP', named), idat(rows(3, 2, 7)));
  assert.equal((await decodePicture(bytes, 'x.png')).rgb, new Uint8Array(18).fill(7));
  assert.ok(process.memoryUsage().rss - before < 50e6);
});

test('a refused bomb costs little time and memory', async () => {
  const bomb = png(head(20000, 20000, 1, 0), idat(Buffer.alloc(1000)));
  const before = process.memoryUsage().rss;
  const start = process.cpuUsage();
  await rejectsWith(() => decodePicture(bomb, 'x.png'), /limit/);
  assert.ok(process.cpuUsage(start).user < 50e3);
  assert.ok(process.memoryUsage().rss - before < 50e6);
});

test('alpha is flattened on white, 16 bits lose the low byte, an animation gives its first frame', async () => {
  const translucent = png(head(1, 1, 8, 6), idat(Buffer.from([0, 200, 100, 0, 51])));
  assert.equal([...(await decodePicture(translucent, 'a')).rgb], [244, 224, 204]);
  const deep = png(head(1, 1, 16, 2), idat(Buffer.from([0, 1, 255, 2, 128, 3, 0])));
  assert.equal([...(await decodePicture(deep, 'a')).rgb], [1, 2, 3]);
  const animated = png(
    head(2, 1),
    chunk('acTL', Buffer.alloc(8)),
    idat(rows(2, 1, 9)),
    chunk('fdAT', Buffer.alloc(9)),
  );
  const { picture, notes } = await decodeWithNotes(animated, 'a');
  assert.equal([...picture.rgb], [9, 9, 9, 9, 9, 9]);
  assert.equal(notes, ['first frame of an animation']);
});

test('the orientation in eXIf is applied; a directory that points at itself does no harm', async () => {
  const strip = idat(Buffer.from([0, 1, 1, 1, 2, 2, 2]));
  const turned = await decodePicture(png(head(2, 1), chunk('eXIf', exifBlock(6, true)), strip), 'a');
  assert.equal([turned.width, turned.height, ...turned.rgb], [1, 2, 1, 1, 1, 2, 2, 2]);
  const flipped = await decodePicture(png(head(2, 1), chunk('eXIf', exifBlock(2)), strip), 'a');
  assert.equal([...flipped.rgb], [2, 2, 2, 1, 1, 1]);
});

test('12 random bit flips give a picture or a UserError', async () => {
  const good = plainPng(20, 20, 100);
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  for (let round = 0; round < 300; round++) {
    const bytes = Buffer.from(good);
    for (let flip = 0; flip < 12; flip++) bytes[random(bytes.length)]! ^= 1 << random(8);
    try {
      await decodePicture(bytes, 'x.png');
    } catch (error) {
      assert.is((error as Error).name, 'UserError');
    }
  }
});

test.run();
