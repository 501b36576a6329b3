import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AdapterEntry,
  INDEX_LIMITS,
  isAdapterIndex,
  isLibraryPath,
  readAdapterIndex,
  readQuality,
  writeAdapterIndex,
  writeQuality,
} from '../../src/model/adapter_index.ts';
import { Random } from '../../src/train/random.ts';
import { refuses, survives } from './crafted.ts';
import { ENTRY, QUALITY, SCORE } from './small_entry.ts';

const SPARSE: AdapterEntry = {
  ...ENTRY,
  base: { name: null, sha256: null, weights: null },
  image_size: null,
  train_pairs: null,
  quality: null,
  files: { ...ENTRY.files, thumbnail: null },
};

/** An index of one adapter, a field of it replaced. */
const changed = (fields: Record<string, unknown>): string =>
  writeAdapterIndex([{ ...ENTRY, ...fields } as AdapterEntry]);

test('an index comes back equal, from text and from bytes', () => {
  const text = writeAdapterIndex([ENTRY, SPARSE]);
  assert.equal(readAdapterIndex(text), [ENTRY, SPARSE]);
  assert.equal(readAdapterIndex(new TextEncoder().encode(text)), [ENTRY, SPARSE]);
  assert.equal(readAdapterIndex(writeAdapterIndex([])), []);
  assert.is(text.split('\n').length, 5, 'one adapter a line');
});

test('fields of later writers are left out, other versions refused', () => {
  const later = JSON.parse(changed({ licence: 'CC0' }));
  assert.equal(readAdapterIndex(JSON.stringify({ ...later, made_by: 'somebody' })), [ENTRY]);
  const version = (v: unknown) => () => readAdapterIndex(JSON.stringify({ ...later, version: v }));
  refuses('2', version(2), /version "2"; this program reads version 1/);
  refuses('none', version(undefined), /it says no such format and version/);
  assert.ok(isAdapterIndex(JSON.stringify({ ...later, version: 2 })));
  for (const text of ['', '{}', '[]', 'null', '{"format":"e2gan bench 1","version":1}'])
    assert.not.ok(isAdapterIndex(text), text);
});

test('paths stay inside the library, also as URLs', () => {
  for (const path of ['a/b.png', 'a b/ü/c.d', 'adapter_config.json', '...a/..b/c', '@home/~/$x/a+b&c'])
    assert.ok(isLibraryPath(path), path);
  const outside = [
    ...['', '/', '/etc/passwd', '..', '../x', 'a/../../x', 'a/..', './a', 'a/./b', 'a//b', 'a/', 'a/ /b'],
    ...['a\\..\\x', '\\\\server\\x', 'C:/x', 'javascript:alert(1)', 'https://example.org/x', 'data:,x'],
    ...['%2e%2e/x', 'a?b', 'a#b', 'a\nb', 'a\0b', 'a\u202eb', 'a\u2028b', `${'a/'.repeat(600)}b`],
  ];
  for (const path of outside) {
    assert.not.ok(isLibraryPath(path), path);
    for (const name of ['config', 'weights', 'thumbnail']) {
      const text = changed({ files: { ...ENTRY.files, [name]: path } });
      refuses(path, () => readAdapterIndex(text), new RegExp(`^"adapters\\.0\\.files\\.${name}": `));
    }
  }
  const base = 'https://example.org/library/index.json';
  for (const path of ['a b/ü/c.d', '@home/~/$x/a+b&c', '...a/..b/c'])
    assert.ok(new URL(path, base).href.startsWith('https://example.org/library/'), path);
});

test('hostile or broken indexes are refused, with the field', () => {
  const cases: readonly [string, string, RegExp][] = [
    ['no JSON', '{"format"', /not JSON in UTF-8/],
    ['deep', '['.repeat(1_000_000), /not JSON in UTF-8/],
    ['deep object', '{"a":'.repeat(200_000), /not JSON in UTF-8/],
    ['name', changed({ name: '' }), /^"adapters\.0\.name"/],
    ['long name', changed({ name: 'x'.repeat(1025) }), /^"adapters\.0\.name"/],
    ['prompt', changed({ prompt: null }), /^"adapters\.0\.prompt"/],
    ['hash', changed({ sha256: 'B'.repeat(64) }), /^"adapters\.0\.sha256"/],
    ['bytes', changed({ bytes: -1 }), /^"adapters\.0\.bytes"/],
    ['fraction', changed({ weights: 1.5 }), /^"adapters\.0\.weights"/],
    ['huge', changed({ weights: 1e300 }), /^"adapters\.0\.weights"/],
    ['rank', changed({ ranks: { down1: 0 } }), /^"adapters\.0\.ranks\.down1"/],
    ['layer', changed({ ranks: { '../x': 1 } }), /^"adapters\.0\.ranks/],
    [
      'layers',
      changed({ ranks: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`l${i}`, 1])) }),
      /^"adapters\.0\.ranks": too many layers/,
    ],
    ['quality', changed({ quality: { ...QUALITY, pairs: 'many' } }), /^"adapters\.0\.quality\.pairs"/],
    ['ssim', changed({ quality: { ...QUALITY, tuned: { ...SCORE, ssim: 7 } } }), /quality\.tuned\.ssim"/],
    ['files', changed({ files: null }), /^"adapters\.0\.files"/],
    ['list', '{"format":"e2gan adapter library","version":1,"adapters":{}}', /^"adapters"/],
  ];
  for (const [what, text, message] of cases) refuses(what, () => readAdapterIndex(text), message);
  const bytes = new Uint8Array([0x22, 0xff, 0x22]);
  refuses('bad UTF-8', () => readAdapterIndex(bytes), /not JSON in UTF-8/);
  refuses('size', () => readAdapterIndex(new Uint8Array(INDEX_LIMITS.bytes + 1)), /larger than/);
});

test('no name in an index reaches a prototype', () => {
  const text = writeAdapterIndex([ENTRY]);
  const inner = text.replace('"down1":1', '"__proto__":{"polluted":1},"constructor":1');
  const [entry] = readAdapterIndex(inner);
  assert.equal(Object.keys(entry!.ranks), ['constructor', 'tb.self.q']);
  assert.is(Object.getPrototypeOf(entry!.ranks), Object.prototype);
  const outer = text.replace('{', '{"__proto__":{"adapters":[]},');
  assert.equal(readAdapterIndex(outer), [ENTRY]);
  assert.is(({} as { polluted?: number }).polluted, undefined);
});

test('mutated indexes are read or refused in one line', () => {
  const random = new Random('index');
  const text = writeAdapterIndex([ENTRY, SPARSE]);
  const tokens = [
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    '-1',
    '1e400',
    'null',
    '__proto__',
    '../',
    '\\u0000',
    '\u202e',
  ];
  let accepted = 0;
  for (let i = 0; i < 2000; i++) {
    const at = random.integer(text.length);
    const token = tokens[random.integer(tokens.length)]!;
    const mutated = text.slice(0, at) + token + text.slice(at + random.integer(4));
    if (survives(() => readAdapterIndex(mutated))) accepted++;
  }
  assert.ok(accepted > 0 && accepted < 1000, `${accepted} accepted`);
});

test('quality.json: equal pictures have no PSNR; what is none is refused', () => {
  const equal = { ...QUALITY, tuned: { l1: 0, psnr: null, ssim: 1 } };
  assert.equal(readQuality(writeQuality(equal)), equal);
  refuses('format', () => readQuality(JSON.stringify(QUALITY)), /no e2gan quality/);
  refuses('field', () => readQuality(writeQuality({ ...QUALITY, width: 0 })), /^"width"/);
});

test('thousands of adapters are read at once', () => {
  const text = writeAdapterIndex(Array.from({ length: 5000 }, () => ENTRY));
  const start = performance.now();
  assert.is(readAdapterIndex(text).length, 5000);
  const ms = performance.now() - start;
  assert.ok(ms < 5000, `${ms} ms`);
});

test.run();
