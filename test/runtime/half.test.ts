import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeBfloat16, decodeHalf, encodeHalf } from '../../src/runtime/half.ts';
import { Random } from '../../src/train/random.ts';

const everyHalf = Uint16Array.from({ length: 65536 }, (_, i) => i);
const everyValue = decodeHalf(everyHalf);

function encodeOne(value: number): number {
  return encodeHalf(Float32Array.of(value))[0]!;
}

test('known float16 values', () => {
  const known: [number, number][] = [
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ];
  for (const [bits, value] of known) {
    assert.is(everyValue[bits], value);
    assert.is(encodeOne(value), bits);
  }
  assert.ok(Object.is(everyValue[0x8000], -0));
  assert.ok(Number.isNaN(everyValue[0x7e00]));
});

test('every float16 comes back, NaN as a quiet NaN', () => {
  const again = encodeHalf(everyValue);
  for (const half of everyHalf) {
    const isNan = (half & 0x7fff) > 0x7c00;
    assert.is(again[half], isNan ? half | 0x200 : half);
  }
});

test('half-way values go to the even neighbour, their neighbours to the nearer one', () => {
  for (let half = 0; half < 0x7bff; half++) {
    const middle = (everyValue[half]! + everyValue[half + 1]!) / 2;
    const [below, above] = neighbours(middle);
    assert.is(encodeOne(middle), half + (half & 1), `half ${half}`);
    assert.is(encodeOne(below), half, `below half ${half}`);
    assert.is(encodeOne(-above), (half + 1) | 0x8000, `above half ${half}`);
  }
  assert.is(encodeOne(65519.99609375), 0x7bff);
  assert.is(encodeOne(65520), 0x7c00);
});

test('any float32 goes to a float16 no farther than its neighbours', () => {
  const random = new Random('half');
  const bits = Uint32Array.from({ length: 50_000 }, () => random.integer(2 ** 32));
  const values = new Float32Array(bits.buffer);
  const halves = encodeHalf(values);
  for (let i = 0; i < values.length; i++) {
    const value = Math.abs(values[i]!);
    const half = halves[i]! & 0x7fff;
    if (Number.isNaN(value)) assert.ok(half > 0x7c00);
    else if (value >= 65520) assert.is(half, 0x7c00);
    else {
      const error = Math.abs(everyValue[half]! - value);
      assert.ok(error <= Math.abs((everyValue[half + 1] ?? Infinity) - value));
      if (half > 0) assert.ok(error <= Math.abs(everyValue[half - 1]! - value));
    }
  }
});

test('bfloat16 is the upper half of float32', () => {
  assert.equal([...decodeBfloat16(Uint16Array.of(0x3f80, 0xc040, 0x0000, 0x7f80))], [1, -3, 0, Infinity]);
});

/** The float32 next below and next above a positive one. */
function neighbours(value: number): [number, number] {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0]!;
  const [below, above] = new Float32Array(Uint32Array.of(bits - 1, bits + 1).buffer);
  return [below!, above!];
}

test.run();
