import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { quoted } from '../../src/model/format_error.ts';
import {
  finiteFloats,
  type NamedArray,
  readSafetensors,
  writeSafetensors,
} from '../../src/model/safetensors.ts';
import { readHeader } from '../../src/model/safetensors_header.ts';
import { conformanceFile, craft, refuses } from './crafted.ts';

function floats(shape: number[], values: number[], dtype: 'F32' | 'F16' = 'F32'): NamedArray {
  return { dtype, shape, data: Float32Array.from(values) };
}

function readOne(dtype: string, data: ArrayLike<number>, bytes: ArrayBufferLike): NamedArray {
  const header = `{"x":{"dtype":"${dtype}","shape":[${data.length}],"data_offsets":[0,${bytes.byteLength}]}}`;
  return readSafetensors(craft(header, [...new Uint8Array(bytes)])).tensors.get('x')!;
}

test('every readable type', () => {
  const cases: [string, ArrayLike<number>, ArrayBufferView][] = [
    ['F32', [1.5, -2], Float32Array.of(1.5, -2)],
    ['F64', [1.5, -2], Float64Array.of(1.5, -2)],
    ['F16', [1.5, -2], Uint16Array.of(0x3e00, 0xc000)],
    ['BF16', [1.5, -2], Uint16Array.of(0x3fc0, 0xc000)],
    ['BOOL', [1, 0], Uint8Array.of(1, 0)],
    ['U8', [255, 1], Uint8Array.of(255, 1)],
    ['I8', [-128, 1], Int8Array.of(-128, 1)],
    ['U16', [65535, 1], Uint16Array.of(65535, 1)],
    ['I16', [-32768, 1], Int16Array.of(-32768, 1)],
    ['U32', [4294967295, 1], Uint32Array.of(4294967295, 1)],
    ['I32', [-2147483648, 1], Int32Array.of(-2147483648, 1)],
    ['I64', [-(2 ** 53) + 1, 7], BigInt64Array.of(-(2n ** 53n) + 1n, 7n)],
    ['U64', [2 ** 53 - 1, 7], BigUint64Array.of(2n ** 53n - 1n, 7n)],
  ];
  for (const [dtype, values, { buffer }] of cases) {
    const array = readOne(dtype, values, buffer);
    assert.is(array.dtype, dtype);
    assert.equal([...array.data], [...(values as number[])], dtype);
    assert.is(array.data instanceof Float32Array, /^B?F\d/.test(dtype), dtype);
  }
  refuses('I64', () => readOne('I64', [0], BigInt64Array.of(2n ** 53n).buffer), /"x" holds 9007199254740992/);
});

test('float32 at odd offsets, from a view at an odd offset, into memory of its own', () => {
  const header =
    '{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"f":{"dtype":"F32","shape":[],"data_offsets":[1,5]}}';
  const file = craft(header, [9, 0, 0, 192, 63]);
  const shifted = new Uint8Array(file.length + 3);
  shifted.set(file, 3);
  const { tensors } = readSafetensors(Buffer.from(shifted.buffer, 3));
  shifted.fill(0);
  assert.equal([...tensors.get('f')!.data], [1.5]);
  assert.equal(tensors.get('f')!.shape, []);
});

test('order and bytes as the reference writer makes them', () => {
  const tensors = new Map([
    ['b', floats([2], [1, 2], 'F16')],
    ['z', floats([1], [3])],
    ['a', floats([], [4], 'F16')],
    ['10', floats([0], [])],
    ['9', floats([1, 1], [5])],
  ]);
  const file = writeSafetensors(tensors, new Map([['note', 'n']]));
  const { tensors: entries, metadata, dataStart } = readHeader(file);
  assert.is(dataStart % 8, 0);
  assert.equal(
    entries.map(({ name }) => name),
    ['10', '9', 'z', 'a', 'b'],
  );
  assert.equal(
    [...metadata],
    [
      ['format', 'pt'],
      ['note', 'n'],
    ],
  );
  const text = new TextDecoder().decode(file.subarray(8, dataStart));
  assert.is(text.indexOf('"10"') < text.indexOf('"9"'), true);
  const reversed = new Map([...tensors].reverse());
  assert.equal(file, writeSafetensors(reversed, new Map([['note', 'n']])));
});

test('what was written is read again, and written again the same', () => {
  const tensors = new Map([
    ['w', floats([2, 2], [0.1, -0.2, 1e-30, 3e38])],
    ['h', floats([3], [0.5, -65504, 2 ** -24], 'F16')],
    ['snow ☃ "q" \u0007', floats([1], [1])],
  ]);
  const file = writeSafetensors(tensors);
  const again = readSafetensors(file);
  for (const [name, { data, shape }] of tensors) {
    assert.equal(again.tensors.get(name)!.data, data);
    assert.equal(again.tensors.get(name)!.shape, shape);
  }
  assert.equal(writeSafetensors(again.tensors, again.metadata), file);
});

test('files of the reference writer come back byte for byte', () => {
  for (const path of [
    'models/gen_small.weights.safetensors',
    'models/peft_lora_r4/adapter_model.safetensors',
  ]) {
    const file = conformanceFile(path);
    if (!file) continue;
    const { tensors, metadata } = readSafetensors(file);
    assert.is(Buffer.compare(writeSafetensors(tensors, metadata), file), 0, path);
  }
});

test('the writer refuses what no reader would take', () => {
  const write = (name: string, array: NamedArray) => () => writeSafetensors(new Map([[name, array]]));
  refuses('shape', write('x', floats([3], [1, 2])), /"x" \[3\] cannot hold 2 values/);
  refuses('overflow', write('x', floats([1], [65520], 'F16')), /"x" holds 65520, too large for F16/);
  refuses('name', write('__metadata__', floats([1], [1])), /cannot be called/);
  refuses('metadata', () => writeSafetensors(new Map(), new Map([['__proto__', '']])), /cannot be called/);
  refuses('type', write('x', { dtype: 'I32', shape: [1], data: Int32Array.of(1) }), /"x"/);
  refuses('type', write('x', { ...floats([1], [1]), dtype: 'BF16' }), /BF16 is not written/);
});

test('weights must be finite floats', () => {
  refuses('NaN', () => finiteFloats('w', floats([2], [1, Number.NaN])), /"w" holds NaN at element 1/);
  refuses('Inf', () => finiteFloats('w', floats([2], [-Infinity, 1])), /"w" holds -Infinity at element 0/);
  refuses(
    'I32',
    () => finiteFloats('w', { dtype: 'I32', shape: [1], data: Int32Array.of(1) }),
    /I32, not floats/,
  );
});

test('20,000 tensors in less than a second of processor time', () => {
  const tensors = new Map(
    Array.from({ length: 20_000 }, (_, i) => [`model.${i}.weight`, floats([2], [i, i])]),
  );
  const file = writeSafetensors(tensors);
  const start = process.cpuUsage();
  assert.is(readSafetensors(file).tensors.size, 20_000);
  // The clock would count what else the machine does.
  assert.ok(process.cpuUsage(start).user < 1e6);
});

test('quoted text cannot steer a terminal', () => {
  assert.is(quoted('a\x1b[2J\n\u009b\u202e"'), '"a\\u001b[2J\\n\\u009b\\u202e\\""');
  assert.ok(quoted('x'.repeat(1000)).length < 130);
});

test.run();
