import type { Random } from '../../src/train/random.ts';

const TOKENS = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '-1',
  '0',
  '1e400',
  '\\u0000',
  'null',
  '"r"',
  '"F16"',
  '__proto__',
  '((a)+)+$',
];

/** Flips a bit, or removes, repeats or inserts a few bytes, mostly near the start where the text of a file is. */
export function mutate(bytes: Uint8Array, textBytes: number, random: Random): Uint8Array {
  const at = random.integer(random.next() < 0.9 ? Math.min(textBytes, bytes.length) : bytes.length);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  const insert = (middle: Uint8Array, skip = 0) => Buffer.concat([before, middle, after.subarray(skip)]);
  const length = random.integer(20);
  switch (random.integer(5)) {
    case 0:
      return insert(Uint8Array.of(bytes[at]! ^ (1 << random.integer(8))), 1);
    case 1:
      return insert(new Uint8Array(0), length);
    case 2:
      return insert(after.subarray(0, length));
    case 3:
      return insert(new TextEncoder().encode(TOKENS[random.integer(TOKENS.length)]), length % 3);
    default:
      return before;
  }
}

/** After most mutations the length field is set right again, so that they reach what lies behind it. */
export function mutateSafetensors(file: Uint8Array, random: Random): Uint8Array {
  const dataStart = 8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const mutated = new Uint8Array(mutate(file, dataStart, random));
  const shift = mutated.length - file.length;
  if (mutated.length < dataStart || random.next() < 0.2) return mutated;
  new DataView(mutated.buffer).setBigUint64(0, BigInt(dataStart - 8 + shift), true);
  return mutated;
}
