import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdapter, writeAdapter } from '../../src/model/adapter_file.ts';
import { readKohya } from '../../src/model/kohya.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { Random } from '../../src/train/random.ts';
import { conformanceFile, survives } from './crafted.ts';
import { mutate, mutateSafetensors } from './mutate.ts';
import { smallAdapter } from './small_adapter.ts';

/** Of each kind of file. */
const MUTATIONS = 2000;

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
