import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chartsOf } from '../../src/cli/run/charts.ts';
import { writeReport } from '../../src/cli/run/report.ts';
import { crc32c, openEventFile } from '../../src/cli/run/tensorboard.ts';
import { plainPng } from './png_builder.ts';
import { withFolder } from './scratch.ts';

test('columns with a common beginning share a chart, texts and gaps do not draw', () => {
  const charts = chartsOf([
    { step: 1, 'loss/G': 2, 'loss/D': 4, phase: 'warm' },
    { step: 2, 'loss/G': null, 'loss/D': 6, speed: 9 },
  ]);
  assert.equal(charts, [
    {
      title: 'loss',
      series: ['loss/G', 'loss/D'],
      data: [
        [1, 2],
        [2, null],
        [4, 6],
      ],
    },
    { title: 'speed', series: ['speed'], data: [[2], [9]] },
  ]);
});

test('long runs are averaged to at most 1000 points', () => {
  const [chart] = chartsOf(Array.from({ length: 2500 }, (_, i) => ({ step: i + 1, x: i })));
  assert.is(chart!.data[0]!.length, 834);
  assert.equal([chart!.data[0]![0], chart!.data[1]![0], chart!.data[0]!.at(-1)], [3, 1, 2500]);
});

test('a report stands alone and escapes everything', async () => {
  await withFolder(async (run) => {
    const evil = '</script><img src=x onerror=alert(1)>';
    await mkdir(join(run, 'previews'));
    for (let i = 0; i < 14; i++) await writeFile(join(run, 'previews', `step_${i}.png`), plainPng(2, 2, i));
    await writeFile(join(run, 'metrics.jsonl'), `${JSON.stringify({ step: 1, [`loss/${evil}`]: 1 })}\n`);
    const results = [
      {
        title: evil,
        columns: ['concept', 'PSNR'],
        rows: [
          [evil, 23.456789],
          ['a', 3],
        ],
      },
    ];
    await writeReport(run, { title: evil, config: { [evil]: evil, lr: 0.1 }, results });
    const html = await readFile(join(run, 'report.html'), 'utf8');
    assert.not.match(html, /<img src=x/);
    assert.is(html.match(/<\/script>/g)!.length, 3);
    assert.is(html.match(/<img alt="step_\d+\.png" src="data:image\/png;base64,/g)!.length, 12);
    assert.match(html, /<td class="number">23\.457<\/td>/);
    assert.match(html, /uPlot/);
    assert.not.match(html, /(src|href)="?https?:/);
    const data = /id="data">(.*?)<\/script>/s.exec(html)![1]!;
    assert.equal(JSON.parse(data)[0].series, [`loss/${evil}`]);
  });
});

test('a run without metrics or previews still gives a report', async () => {
  await withFolder(async (run) => {
    await writeReport(run, { title: 'empty', config: {}, results: [] });
    assert.match(await readFile(join(run, 'report.html'), 'utf8'), /<h1>empty<\/h1>/);
  });
});

test('the check value of CRC-32C', () => {
  assert.is(crc32c(Buffer.from('123456789')), 0xe3069283);
});

test('event files hold framed, checksummed events; a resumed one drops what came later', async () => {
  await withFolder(async (run) => {
    const events = await openEventFile(run, 100);
    await events.scalars(101, { 'loss/G': 0.5 });
    await events.picture(101, 'preview', { width: 2, height: 1, rgb: new Uint8Array(6) });
    await events.close();
    const bytes = await readFile(events.path);
    const records: Buffer[] = [];
    const mask = (crc: number) => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    for (let at = 0; at < bytes.length; ) {
      const length = Number(bytes.readBigUInt64LE(at));
      assert.is(bytes.readUInt32LE(at + 8), mask(crc32c(bytes.subarray(at, at + 8))));
      const data = bytes.subarray(at + 12, at + 12 + length);
      assert.is(bytes.readUInt32LE(at + 12 + length), mask(crc32c(data)));
      records.push(data);
      at += length + 16;
    }
    assert.is(records.length, 4);
    assert.ok(records[0]!.includes('brain.Event:2'));
    assert.ok(
      records[1]!.subarray(9).equals(Buffer.from([0x10, 101, 0x3a, 2, 0x08, 1])),
      'session start at step 101',
    );
    const half = Buffer.alloc(4);
    half.writeFloatLE(0.5);
    assert.ok(records[2]!.includes('loss/G') && records[2]!.includes(half));
    assert.ok(records[3]!.includes('\x89PNG\r\n', 0, 'latin1'));
  });
});

test.run();
