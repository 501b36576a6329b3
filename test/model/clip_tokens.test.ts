import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ClipTokenizer } from '../../src/model/clip_tokens.ts';
import { clipTokenizerJson } from './clip_tokenizer_json.ts';

// 94 printable ASCII bytes begin the table at "!", so "a" is 97 - 33; a byte that ends a word is 256 further.
const byte = (c: string) => c.charCodeAt(0) - 33;
const last = (c: string) => byte(c) + 256;
const [AN, INK, START, END] = [512, 513, 514, 515];
const tokenizer = new ClipTokenizer(
  clipTokenizerJson([
    ['a', 'n</w>'],
    ['i', 'n'],
  ]),
);

const idsOf = (prompt: string) => {
  const { ids, end } = tokenizer.encode(prompt);
  assert.is(ids.length, 77);
  assert.is(ids[end], END);
  assert.ok(ids.slice(end).every((id) => id === END));
  return ids.slice(0, end + 1);
};

test('words are merged as the table says, in lower case, between start and end', () => {
  assert.equal(idsOf('AN  ink!'), [START, AN, INK, last('k'), last('!'), END]);
  assert.equal(idsOf('ant'), [START, byte('a'), byte('n'), last('t'), END]);
  assert.equal(idsOf(''), [START, END]);
});

test('digits stand alone, contractions are split, letters beyond ASCII are bytes', () => {
  assert.equal(idsOf('42'), [START, last('4'), last('2'), END]);
  assert.equal(idsOf("it's"), [START, byte('i'), last('t'), byte("'"), last('s'), END]);
  // é is c3 a9: in the table, 161 follows 126 and 173 is left out.
  assert.equal(idsOf('é'), [START, 0xc3 - 161 + 94 - 1, 0xa9 - 161 + 94 + 256, END]);
});

test('a long prompt keeps its first 75 tokens and ends', () => {
  const ids = idsOf('1 '.repeat(100));
  assert.is(ids.length, 77);
  assert.equal(ids.slice(0, 76), [START, ...Array<number>(75).fill(last('1'))]);
});

test('what is no tokenizer of CLIP is refused', () => {
  assert.throws(() => new ClipTokenizer('not JSON'), /not a tokenizer\.json/);
  assert.throws(() => new ClipTokenizer('{}'), /tokenizer/);
  const foreign = clipTokenizerJson([]).replaceAll('<|startoftext|>', '<s>');
  assert.throws(() => new ClipTokenizer(foreign), /has no <\|startoftext\|>/);
});

test.run();
