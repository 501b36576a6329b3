import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodePicture, readPicture } from '../../src/cli/images/decode.ts';
import { loadNative } from '../../src/cli/images/native.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import { plainPng } from './png_builder.ts';
import { rejectsWith, withFolder } from './scratch.ts';
import { exifBlock, jpegWithExif, tinyJpeg, tinyWebp } from './tiny_pictures.ts';

const native = await loadNative();
/** Without sharp, and with it where it is installed. */
const decoders = native ? [null, native] : [null];

test('other things under .png are named for what they are', async () => {
  const cases: [string | Buffer, RegExp][] = [
    ['just some words', /plain text/],
    ['<!DOCTYPE html><html><body><svg></svg>', /an HTML page/],
    ['\ufeff<html>', /an HTML page/],
    ['<?xml version="1.0"?><!-- drawn --><svg xmlns="x">', /an SVG drawing/],
    ['<svg width="1">', /an SVG drawing/],
    ['GIF89a......', /a GIF/],
    ['{"error": 404}', /JSON/],
    ['version https://git-lfs.github.com/spec/v1\noid', /Git LFS/],
    [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'), /HEIC/],
    [Buffer.from([0, 1, 2, 3, 4, 5]), /unknown kind/],
  ];
  for (const [content, pattern] of cases) {
    await rejectsWith(() => decodePicture(Buffer.from(content), 'x.png'), pattern);
  }
});

test('content counts, not the extension; WebP and JPEG give the same picture', async () => {
  for (const decoder of decoders) {
    const jpeg = await decodePicture(tinyJpeg, 'x.png', decoder);
    const webp = await decodePicture(tinyWebp, 'x.jpg', decoder);
    assert.equal([jpeg.width, jpeg.height, webp.width, webp.height], [16, 8, 16, 8]);
    const difference = jpeg.rgb.reduce((sum, value, i) => sum + Math.abs(value - webp.rgb[i]!), 0);
    assert.ok(difference / jpeg.rgb.length < 8);
    assert.equal([webp.rgb[0], webp.rgb[1], webp.rgb[3 * 15], webp.rgb[3 * 127 + 1]], [250, 230, 20, 40]);
  }
});

test('a truncated JPEG fails wherever it is cut, with and without an end marker', async () => {
  for (const decoder of decoders) {
    for (let length = 4; length < tinyJpeg.length; length += 7) {
      await rejectsWith(
        () => decodePicture(tinyJpeg.subarray(0, length), 'x.jpg', decoder),
        /x\.jpg: cannot use/,
      );
    }
    const scan = tinyJpeg.length - 40;
    const closed = Buffer.concat([tinyJpeg.subarray(0, scan), Buffer.from([0xff, 0xd9])]);
    await rejectsWith(() => decodePicture(closed, 'x.jpg', decoder), /premature end/);
    await decodePicture(tinyJpeg, 'x.jpg', decoder);
  }
});

test('a truncated WebP fails', async () => {
  for (const decoder of decoders) {
    await rejectsWith(() => decodePicture(tinyWebp.subarray(0, 60), 'x.webp', decoder), /truncated/);
    await rejectsWith(() => decodePicture(tinyWebp.subarray(0, 15), 'x.webp', decoder), /truncated/);
  }
});

test('a JPEG header of 65535x65535 is refused before decoding', async () => {
  const frame = tinyJpeg.indexOf(Buffer.from([0xff, 0xc0]));
  const bytes = Buffer.from(tinyJpeg);
  bytes.writeUInt32BE(0xffffffff, frame + 5);
  await rejectsWith(() => decodePicture(bytes, 'x.jpg'), /65535x65535/);
  bytes.writeUInt32BE(0x00000010, frame + 5);
  await rejectsWith(() => decodePicture(bytes, 'x.jpg'), /at least 1x1/);
});

test('EXIF orientation is applied once; a loop of directories does no harm', async () => {
  for (const decoder of decoders) {
    const upright = await decodePicture(tinyJpeg, 'x.jpg', decoder);
    const turned = await decodePicture(jpegWithExif(exifBlock(6)), 'x.jpg', decoder);
    assert.equal([turned.width, turned.height], [8, 16]);
    assert.equal(
      turned.rgb.subarray(3 * 7, 3 * 8),
      upright.rgb.subarray(0, 3),
      'the first pixel is now at the right',
    );
    const looped = await decodePicture(jpegWithExif(exifBlock(3, true)), 'x.jpg', decoder);
    assert.equal(looped.rgb.subarray(-3), upright.rgb.subarray(0, 3));
  }
});

test('AVIF and TIFF say what they need when sharp is absent', async () => {
  await rejectsWith(() => decodePicture(Buffer.from('II*\0aaaa'), 'x.tif', null), /TIFF needs .*sharp/);
});

test('AVIF, TIFF and a 16-bit TIFF are read with sharp, colour profiles ignored', async () => {
  if (!native) return console.log('skipped: the optional package sharp is not installed');
  const source = native(tinyWebp);
  const flat = await decodePicture(tinyWebp, 'x.webp');
  const tiff = await source.clone().withIccProfile('p3').tiff({ compression: 'none' }).toBuffer();
  const avif = await source.clone().avif({ lossless: true }).toBuffer();
  const expected = await source.clone().withIccProfile('p3').raw().toBuffer();
  assert.equal((await decodePicture(tiff, 'x.tif')).rgb, new Uint8Array(expected));
  assert.is((await decodePicture(avif, 'x.avif')).rgb.length, flat.rgb.length);
  const deep = await source.clone().toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer();
  assert.equal((await decodePicture(deep, 'x.tif')).rgb, flat.rgb);
});

test('pipes, devices and folders are refused, a link to a picture is read', async () => {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'good.png'), plainPng(3, 2, 5));
    await symlink(join(folder, 'good.png'), join(folder, 'link.png'));
    assert.is((await readPicture(join(folder, 'link.png'))).width, 3);
    await rejectsWith(() => readPicture(folder), /is a folder/);
    await rejectsWith(() => readPicture(join(folder, 'none.png')), /no such file/);
    await rejectsWith(() => readPicture(`${folder}/a\0b.png`), /NUL/);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe.png')]);
    await rejectsWith(() => readPicture(join(folder, 'pipe.png')), /not a regular file/);
    await rejectsWith(() => readPicture('/dev/zero'), /not a regular file/);
  });
});

test('a picture survives PNG encoding unchanged', async () => {
  const rgb = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 37) % 256);
  const back = await decodePicture(encodePng({ width: 5, height: 3, rgb }), 'x.png');
  assert.equal(back, { width: 5, height: 3, rgb });
});

test.run();
