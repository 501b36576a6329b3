import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { craft, latin1, refuses } from './crafted.ts';

type Case = readonly [what: string, file: Uint8Array, message: RegExp];

function entry(fields: string): string {
  return `{"x":{${fields}}}`;
}

function sized(length: bigint, rest = '{}'): Uint8Array {
  const file = new Uint8Array(8 + rest.length);
  new DataView(file.buffer).setBigUint64(0, length, true);
  file.set(latin1(rest), 8);
  return file;
}

/** One tensor of one float32, with some of its fields replaced. */
function one(replaced: Record<string, string>, dataBytes = 4): Uint8Array {
  const fields = { dtype: '"F32"', shape: '[1]', data_offsets: '[0,4]', ...replaced };
  return craft(
    entry(
      Object.entries(fields)
        .map(([key, value]) => `"${key}":${value}`)
        .join(','),
    ),
    dataBytes,
  );
}

/** Bytes a, b, c … with the given offsets. */
function bytesAt(offsets: readonly (readonly [number, number])[], dataBytes: number): Uint8Array {
  const entries = offsets.map(([begin, end], i) => {
    return `"${'abc'[i]}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;
  });
  return craft(`{${entries.join(',')}}`, dataBytes);
}

const lengths: readonly Case[] = [
  ['0 bytes', new Uint8Array(0), /only 0 bytes/],
  ['7 bytes', new Uint8Array(7), /only 7 bytes/],
  ['8 bytes', new Uint8Array(8), /does not begin with "\{"/],
  ['8 bytes, N = 1', sized(1n, ''), /should have 1 bytes, but only 0/],
  ['N beyond the file', sized(3n), /should have 3 bytes, but only 2/],
  ['N = 100 MB + 1', sized(100_000_001n), /should have 100000001 bytes/],
  ['N = 2^32 + 2', sized(2n ** 32n + 2n), /should have 4294967298/],
  ['N = 2^53 + 1', sized(2n ** 53n + 1n), /should have 9007199254740993/],
  ['N = 2^64 - 1', sized(2n ** 64n - 1n), /should have 18446744073709551615/],
  ['N = 0', sized(0n), /does not begin with/],
  ['N = 1', sized(1n), /does not begin with/],
];

const texts: readonly Case[] = [
  ['not JSON', craft('{nonsense}'), /bad JSON: expected "\\"" at byte 1/],
  ['an array', craft('[]      '), /does not begin with "\{"/],
  ['null', craft('null    '), /does not begin with "\{"/],
  ['leading space', craft(' {}'), /does not begin with "\{"/],
  ['cut off', craft('{"x":{"dtype":"F3'), /bad JSON/],
  ['text after it', craft('{} {}'), /expected the end of the text/],
  ['trailing comma', craft('{"__metadata__":{},}'), /bad JSON/],
  ['NUL padding', craft('{}\0\0\0\0\0\0'), /expected the end of the text at byte 2, near "\{\}\\u0000/],
  ['BOM', craft('\ufeff{}'), /does not begin with/],
  ['invalid UTF-8', craft(latin1('{"\xff":1}')), /valid UTF-8/],
  ['lone surrogate', craft('{"\\ud800":1}'), /valid UTF-8/],
  ['control character in a string', craft('{"a\nb":1}'), /valid UTF-8/],
  ['unterminated escape', craft('{"a\\'), /valid UTF-8/],
  ['nesting in an entry', craft(`{"x":${'['.repeat(50_000)}`), /expected "\{" at byte 5/],
  ['nesting in a shape', one({ shape: '['.repeat(50_000) }), /expected a number/],
  ['nesting of objects', craft('{"x":'.repeat(50_000)), /unknown field "x"/],
  ['metadata of numbers', craft('{"__metadata__":{"a":1}}'), /expected "\\""/],
  ['metadata null', craft('{"__metadata__":null}'), /expected "\{"/],
  ['metadata twice', craft('{"__metadata__":{},"__metadata__":{}}'), /"__metadata__" appears twice/],
  ['metadata key twice', craft('{"__metadata__":{"a":"1","\\u0061":"2"}}'), /the name "a" appears twice/],
  ['__proto__ in metadata', craft('{"__metadata__":{"__proto__":"1"}}'), /"__proto__" is not allowed/],
];

const entries: readonly Case[] = [
  ['no dtype', craft(entry('"shape":[1],"data_offsets":[0,4]'), 4), /"x" has no dtype/],
  ['no shape', craft(entry('"dtype":"F32","data_offsets":[0,4]'), 4), /"x" has no shape/],
  ['no offsets', craft(entry('"dtype":"F32","shape":[1]'), 4), /"x" has no data_offsets/],
  ['empty entry', craft(entry('')), /"x" has no dtype/],
  ['an array for an entry', craft('{"x":["F32",[1],[0,4]]}', 4), /expected "\{"/],
  ['unknown field', one({ strides: '[1]' }), /"x" has an unknown field "strides"/],
  ['__proto__ as field', one({ __proto: '1' }), /unknown field "__proto"/],
  ['field twice', craft(entry('"dtype":"F32","dtype":"F32"')), /"dtype" appears twice/],
  ['unknown dtype', one({ dtype: '"F8_E4M3"' }), /"x" is of type "F8_E4M3", but only BOOL, /],
  ['dtype __proto__', one({ dtype: '"__proto__"' }), /is of type "__proto__"/],
  ['dtype constructor', one({ dtype: '"constructor"' }), /is of type "constructor"/],
  ['dtype in small letters', one({ dtype: '"f32"' }), /is of type "f32"/],
  ['dtype number', one({ dtype: '7' }), /expected "\\""/],
  [
    '__proto__ as name',
    craft('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /"__proto__" is not/,
  ],
  [
    'same name twice',
    craft(`{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"x":{}}`),
    /"x" appears twice/,
  ],
  ['steering name', craft('{"\\u001b[2J":{"shape":[-1]}}'), /"\\u001b\[2J" has -1/],
];

const sizes: readonly Case[] = [
  ['negative dimension', one({ shape: '[-1]' }), /"x" has -1 in its shape/],
  ['fraction', one({ shape: '[1.5]' }), /"x" has 1.5 in its shape/],
  ['whole fraction', one({ shape: '[1.0]' }), /"x" has 1.0 in its shape/],
  ['exponent', one({ shape: '[1e0]' }), /"x" has 1e0 in its shape/],
  ['minus zero', one({ shape: '[-0]' }), /"x" has -0 in its shape/],
  ['1e400', one({ shape: '[1e400]' }), /"x" has 1e400 in its shape/],
  ['string', one({ shape: '["1"]' }), /expected a number/],
  ['null', one({ shape: '[null]' }), /expected a number/],
  ['leading zero', one({ shape: '[01]' }), /expected a number/],
  ['2^53', one({ shape: '[9007199254740992]' }), /has 9007199254740992 in its shape/],
  ['endless digits', one({ shape: `[${'1'.repeat(1_000_000)}]` }), /has 1+ in its shape/],
  ['wraps to 1', one({ shape: '[4294967296,4294967296]' }), /"x" F32 \[4294967296,4294967296\] is too large/],
  [
    'wraps before 0',
    one({ shape: '[4503599627370496,4503599627370496,0]', data_offsets: '[0,0]' }, 0),
    /too large/,
  ],
  ['many dimensions', one({ shape: `[${'1,'.repeat(1000)}1]` }), /more than 32 numbers/],
  ['size too small', one({ shape: '[2]' }), /"x" F32 \[2\] needs 8 bytes, but its data_offsets give 4/],
  ['size too large', one({ shape: '[0]' }), /needs 0 bytes/],
  ['scalar of 8 bytes', one({ shape: '[]', data_offsets: '[0,8]' }, 8), /"x" F32 \[\] needs 4 bytes/],
];

const offsets: readonly Case[] = [
  ['reversed', one({ data_offsets: '[4,0]' }), /bad data_offsets \[4,0\]/],
  ['negative', one({ data_offsets: '[-4,0]' }), /"x" has -4 in its data_offsets/],
  ['fractional', one({ data_offsets: '[0.5,4.5]' }), /"x" has 0.5 in its data_offsets/],
  ['one', one({ data_offsets: '[4]' }), /bad data_offsets \[4\]/],
  ['three', one({ data_offsets: '[0,4,8]' }), /bad data_offsets \[0,4,8\]/],
  ['past the end', one({}, 3), /cut short: 4 bytes of tensor data, only 3 there/],
  ['far', one({ data_offsets: '[9007199254740980,9007199254740984]' }), /a hole of 9007199254740980 bytes/],
  ['hole at the start', bytesAt([[1, 3]], 3), /a hole of 1 bytes lies before tensor "a"/],
  [
    'hole between',
    bytesAt(
      [
        [0, 2],
        [3, 4],
      ],
      4,
    ),
    /a hole of 1 bytes lies before tensor "b"/,
  ],
  [
    'overlap',
    bytesAt(
      [
        [0, 2],
        [1, 3],
      ],
      3,
    ),
    /"b" overlaps the one before it/,
  ],
  [
    'same place',
    bytesAt(
      [
        [0, 2],
        [0, 2],
      ],
      2,
    ),
    /"b" overlaps/,
  ],
  [
    'empty tensor inside another',
    bytesAt(
      [
        [0, 4],
        [2, 2],
      ],
      4,
    ),
    /"b" overlaps/,
  ],
  [
    'empty tensor far away',
    bytesAt(
      [
        [0, 4],
        [9, 9],
      ],
      4,
    ),
    /a hole of 5 bytes/,
  ],
  ['trailing bytes', bytesAt([[0, 2]], 3), /1 bytes follow the last tensor/],
  ['data without tensors', craft('{}', 1), /1 bytes follow/],
];

const strangers: readonly Case[] = [
  ['GGUF', latin1('GGUF\x03\0\0\0\x10\0\0\0'), /not a safetensors file but a GGUF model/],
  ['zip', latin1('PK\x03\x04\x14\0\0\0\x08\0archive/data.pkl'), /but a zip archive, as PyTorch writes .ckpt/],
  ['pickle', latin1('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), /but a Python pickle/],
  ['short pickle', latin1('\x80\x04N.'), /but a Python pickle/],
  ['Git LFS', latin1('version https://git-lfs.github.com/spec/v1\noid sha256:00\n'), /git lfs pull/],
  ['HTML', latin1('\n <!DOCTYPE html>\n<html><body>404</body></html>'), /but a web page/],
  ['HTML without doctype', latin1('<HTML lang=en>Not found'), /but a web page/],
  ['index of parts', latin1('{"metadata":{},"weight_map":{"a":"../x.safetensors"}}'), /but JSON text/],
  ['plain text', latin1('hello, this is a text file'), /header should have/],
];

for (const [group, cases] of Object.entries({ lengths, texts, entries, sizes, offsets, strangers })) {
  test(`refused ${group}`, () => {
    for (const [what, file, message] of cases) refuses(what, () => readSafetensors(file), message);
  });
}

test('legal oddities are read', () => {
  const empty = '{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}';
  assert.is(readSafetensors(craft('{}')).tensors.size, 0);
  assert.is(readSafetensors(craft('{} \t\r\n')).tensors.size, 0);
  assert.is(
    readSafetensors(craft(`{"a":${empty},"b":${empty},"constructor":${empty},"":${empty}}`)).tensors.size,
    4,
  );
  assert.is(
    readSafetensors(
      bytesAt(
        [
          [2, 4],
          [0, 2],
          [2, 2],
        ],
        4,
      ),
    ).tensors.size,
    3,
  );
  assert.is(readSafetensors(one({ shape: '[1,1,1]' })).tensors.size, 1);
});

test('a 100 MB header of nonsense is refused in a second', () => {
  const file = new Uint8Array(90_000_000).fill('['.charCodeAt(0));
  new DataView(file.buffer).setBigUint64(0, BigInt(file.length - 8), true);
  file.set(latin1('{"x":'), 8);
  const start = process.cpuUsage();
  refuses('brackets', () => readSafetensors(file), /expected "\{"/);
  file.fill(' '.charCodeAt(0), 9);
  refuses('spaces', () => readSafetensors(file), /bad JSON/);
  assert.ok(process.cpuUsage(start).user < 1000e3);
});

test.run();
