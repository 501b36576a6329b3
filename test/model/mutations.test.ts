import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdapter, writeAdapter } from '../../src/model/adapter_file.ts';
import { readKohya } from '../../src/model/kohya.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { Random } from '../../src/train/random.ts';
import { conformanceFile, survives } from './crafted.ts';
import { smallAdapter } from './small_adapter.ts';

/** Of each kind of file. */
const MUTATIONS = 2000;

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
function mutate(bytes: Uint8Array, textBytes: number, random: Random): Uint8Array {
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
function mutateSafetensors(file: Uint8Array, random: Random): Uint8Array {
  const dataStart = 8 + new DataView(file.buffer, file.byteOffset).getUint32(0, true);
  const mutated = new Uint8Array(mutate(file, dataStart, random));
  const shift = mutated.length - file.length;
  if (mutated.length < dataStart || random.next() < 0.2) return mutated;
  new DataView(mutated.buffer).setBigUint64(0, BigInt(dataStart - 8 + shift), true);
  return mutated;
}

function run(what: string, read: (random: Random) => unknown): void {
  const random = new Random(what);
  let accepted = 0;
  let slowest = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const start = performance.now();
    if (survives(() => read(random))) accepted++;
    slowest = Math.max(slowest, performance.now() - start);
  }
  assert.ok(slowest < 1000, `${what}: the slowest took ${slowest} ms`);
  assert.ok(accepted > 0 && accepted < MUTATIONS / 2, `${what}: ${accepted} accepted`);
}

const small = writeAdapter(smallAdapter());

test('mutated safetensors', () => {
  const file = conformanceFile('models/kohya_lora_r4.safetensors') ?? small['adapter_model.safetensors'];
  run('safetensors', (random) => readSafetensors(mutateSafetensors(file, random)));
});

test('mutated adapters', () => {
  const config = conformanceFile('models/peft_lora_r4/adapter_config.json') ?? small['adapter_config.json'];
  const weights =
    conformanceFile('models/peft_lora_r4/adapter_model.safetensors') ?? small['adapter_model.safetensors'];
  run('weights', (random) => readAdapter({ config, weights: mutateSafetensors(weights, random) }));
  run('config', (random) => readAdapter({ config: mutate(config, config.length, random), weights }));
});

test('mutated kohya files', () => {
  const file = conformanceFile('models/kohya_lora_r4.safetensors');
  if (!file) return;
  const modules = [...readSafetensors(file).tensors.keys()].map((key) =>
    key.replace(/^lora_unet_(\w+)\..*/, '$1'),
  );
  run('kohya', (random) => readKohya(mutateSafetensors(file, random), [...new Set(modules)]));
});

test.run();
