import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdapter } from '../../src/model/adapter_file.ts';
import { readKohya } from '../../src/model/kohya.ts';
import { type NamedArray, writeSafetensors } from '../../src/model/safetensors.ts';
import { conformanceFile, refuses } from './crafted.ts';

const modules = ['down.conv_0', 'tb_q', 'up'];

function floats(shape: number[], value = 1): NamedArray {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(value);
  return { dtype: 'F32', shape, data };
}

function file(changed: Record<string, NamedArray | undefined> = {}): Uint8Array {
  const tensors = {
    'lora_unet_tb_q.lora_down.weight': floats([2, 4]),
    'lora_unet_tb_q.lora_up.weight': floats([7, 2]),
    'lora_unet_tb_q.alpha': floats([], 3),
    'lora_unet_down_conv_0.lora_down.weight': floats([2, 5, 3, 3]),
    'lora_unet_down_conv_0.lora_up.weight': floats([6, 2, 1, 1]),
    ...changed,
  };
  return writeSafetensors(
    new Map(Object.entries(tensors).filter((pair): pair is [string, NamedArray] => !!pair[1])),
  );
}

test('names find their dots again; a missing alpha is the rank', () => {
  const { layers } = readKohya(file(), modules);
  assert.equal([...layers.keys()].sort(), ['down.conv_0', 'tb_q']);
  assert.is(layers.get('tb_q')!.scale, 1.5);
  assert.is(layers.get('down.conv_0')!.scale, 1);
  assert.equal(layers.get('tb_q')!.B.shape, [7, 2]);
});

test("the same layers as in PEFT's layout", () => {
  const kohya = conformanceFile('models/kohya_lora_r4.safetensors');
  const config = conformanceFile('models/peft_lora_r4/adapter_config.json');
  const weights = conformanceFile('models/peft_lora_r4/adapter_model.safetensors');
  if (!kohya || !config || !weights) return;
  const { layers } = readAdapter({ config, weights });
  const twin = readKohya(kohya, [...layers.keys(), 'in_conv']);
  assert.equal(new Map([...twin.layers].sort()), new Map([...layers].sort()));
});

test('refused files', () => {
  const cases: [string, Record<string, NamedArray | undefined>, RegExp][] = [
    ['no up', { 'lora_unet_tb_q.lora_up.weight': undefined }, /"lora_unet_tb_q" has no .lora_up.weight/],
    [
      'no down',
      { 'lora_unet_tb_q.lora_down.weight': undefined },
      /"lora_unet_tb_q" has no .lora_down.weight/,
    ],
    ['alpha alone', { 'lora_unet_up.alpha': floats([], 1) }, /"lora_unet_up" has no/],
    ['alpha of two', { 'lora_unet_tb_q.alpha': floats([2]) }, /"lora_unet_tb_q.alpha" holds 2 numbers/],
    ['alpha NaN', { 'lora_unet_tb_q.alpha': floats([], Number.NaN) }, /"lora_unet_tb_q.alpha" holds NaN/],
    [
      'LoHa',
      { 'lora_unet_tb_q.hada_w1_a': floats([2]) },
      /"lora_unet_tb_q.hada_w1_a" is not a plain LoRA tensor/,
    ],
    ['DoRA', { 'lora_unet_tb_q.dora_scale': floats([2]) }, /"lora_unet_tb_q.dora_scale" is not a plain/],
    ['text encoder', { 'lora_te_q.lora_up.weight': floats([7, 2]) }, /"lora_te_q.lora_up.weight" is not/],
    ['ranks', { 'lora_unet_tb_q.lora_up.weight': floats([7, 3]) }, /their ranks differ/],
    [
      'unknown module',
      { 'lora_unet_tb_k.lora_up.weight': floats([7, 2]), 'lora_unet_tb_k.lora_down.weight': floats([2, 4]) },
      /no module for "lora_unet_tb_k", did you mean "lora_unet_tb_q"\?/,
    ],
  ];
  for (const [what, changed, message] of cases)
    refuses(what, () => readKohya(file(changed), modules), message);
  const twins = [...modules, 'down.conv.0'];
  refuses('ambiguous', () => readKohya(file(), twins), /can be "down.conv_0" or "down.conv.0"/);
  refuses('empty', () => readKohya(writeSafetensors(new Map()), modules), /no tensors/);
});

test.run();
