import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readAdapter, writeAdapter } from '../../src/model/adapter_file.ts';
import { type Adapter, adapterWarnings } from '../../src/model/adapter_layer.ts';
import { FormatError } from '../../src/model/format_error.ts';
import { type NamedArray, readSafetensors, writeSafetensors } from '../../src/model/safetensors.ts';
import { conformanceFile, refuses } from './crafted.ts';
import { smallAdapter, smallLayer } from './small_adapter.ts';

type Tensors = Map<string, NamedArray>;

function files(adapter: Adapter, storage?: 'F32' | 'F16') {
  const written = writeAdapter(adapter, storage);
  return { config: written['adapter_config.json'], weights: written['adapter_model.safetensors'] };
}

/** One linear layer `tb_q` of rank 3, with fields of its configuration replaced. */
function withConfig(fields: Record<string, unknown>): () => Adapter {
  const { config, weights } = files({
    ...smallAdapter(),
    layers: new Map([['tb_q', smallLayer('tb_q', 3, 2)]]),
  });
  const replaced = { ...JSON.parse(new TextDecoder().decode(config)), ...fields };
  return () => readAdapter({ config: new TextEncoder().encode(JSON.stringify(replaced)), weights });
}

/** The small adapter with its tensors changed. */
function withTensors(change: (tensors: Tensors) => void, about: [string, string][] = []): () => Adapter {
  const { config, weights } = files(smallAdapter());
  const { tensors, metadata } = readSafetensors(weights);
  const changed = new Map(tensors);
  change(changed);
  const rewritten = writeSafetensors(changed, new Map([...metadata, ...about]));
  return () => readAdapter({ config, weights: rewritten });
}

const key = (path: string, matrix: 'A' | 'B') => `base_model.model.${path}.lora_${matrix}.weight`;

function reshape(path: string, matrix: 'A' | 'B', shape: number[]): (tensors: Tensors) => void {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(1);
  return (tensors) => tensors.set(key(path, matrix), { dtype: 'F32', shape, data });
}

function poke(path: string, value: number): (tensors: Tensors) => void {
  return (tensors) => {
    tensors.get(key(path, 'B'))!.data[1] = value;
  };
}

test('an adapter comes back equal, and its files byte for byte', () => {
  const adapter = smallAdapter();
  const written = files(adapter);
  const again = readAdapter(written);
  assert.equal(new Map([...again.layers].sort()), new Map([...adapter.layers].sort()));
  assert.equal(again.metadata, adapter.metadata);
  assert.is(again.baseModel, 'e2gan/small');
  assert.equal(files(again), written);
  assert.is(readSafetensors(written.weights).metadata.get('e2gan.conv_transpose'), 'up');
});

test('float16 storage halves the file and reads back rounded', () => {
  const [full, half] = [files(smallAdapter()), files(smallAdapter(), 'F16')];
  assert.ok(half.weights.length < full.weights.length * 0.75);
  const [a, b] = [readAdapter(full), readAdapter(half)].map(({ layers }) => layers.get('tb_q')!.A.data);
  for (let i = 0; i < a!.length; i++) assert.ok(Math.abs(a![i]! - b![i]!) <= Math.abs(a![i]!) * 2 ** -11);
  assert.equal(files(readAdapter(half), 'F16'), half);
});

test("PEFT's own adapter", () => {
  const config = conformanceFile('models/peft_lora_r4/adapter_config.json');
  const weights = conformanceFile('models/peft_lora_r4/adapter_model.safetensors');
  if (!config || !weights) return;
  const adapter = readAdapter({ config, weights });
  assert.is(adapter.layers.size, 16);
  for (const { rank, scale, transposed } of adapter.layers.values())
    assert.equal([rank, scale, transposed], [4, 2, false]);
  assert.equal(adapter.layers.get('res0_conv1')!.A.shape, [4, 64, 3, 3]);
  assert.is(Buffer.compare(files(adapter).weights, weights), 0);
});

test('scale from r, alpha, rslora and patterns', () => {
  const cases: [Record<string, unknown>, number][] = [
    [{ r: 3, lora_alpha: 6 }, 2],
    [{ r: 3, lora_alpha: 0.75 }, 0.25],
    [{ r: 3, lora_alpha: 6, use_rslora: true }, 6 / Math.sqrt(3)],
    [{ r: 8, rank_pattern: { tb_q: 3 }, lora_alpha: 6 }, 2],
    [{ r: 8, rank_pattern: { '^tb_q': 3 }, lora_alpha: 6 }, 2],
    [{ r: 3, rank_pattern: { b_q: 8, 'x.tb_q': 8, '^q': 8 }, lora_alpha: 6 }, 2],
    [{ r: 3, alpha_pattern: { tb_q: 12, '^tb_q': 1 } }, 4],
    [{ r: 3, lora_alpha: 6, rank_pattern: null, alpha_pattern: null }, 2],
  ];
  for (const [fields, scale] of cases) {
    assert.is(withConfig(fields)().layers.get('tb_q')!.scale, scale, JSON.stringify(fields));
  }
});

test('a pattern fits the end of a path at a dot, the first that fits counts', () => {
  const layers = new Map([
    ['a.conv', smallLayer('tb_q', 2, 1)],
    ['b.conv', smallLayer('tb_q', 3, 1)],
    ['conv', smallLayer('tb_q', 4, 1)],
    ['7', smallLayer('tb_q', 5, 2)],
    ['b.7', smallLayer('tb_q', 6, 3)],
  ]);
  const { config, weights } = files({ ...smallAdapter(), layers });
  assert.equal(readAdapter({ config, weights }).layers, new Map([...layers].sort()));
  const wrong = new TextDecoder().decode(config).replace('"a.conv": 2', '"a\\\\.conv": 9');
  refuses(
    'rank',
    () => readAdapter({ config: new TextEncoder().encode(wrong), weights }),
    /"a.conv" has rank 2/,
  );
});

test('fields of newer PEFT that are off, and fields that do not matter', () => {
  const off = {
    use_qalora: false,
    qalora_group_size: 16,
    arrow_config: null,
    loftq_config: {},
    lora_bias: false,
  };
  const inert = {
    target_modules: '(([a-z0-9_])+)+!$',
    lora_dropout: 0.3,
    layers_to_transform: [1],
    new_field: 7,
  };
  const base = { base_model_name_or_path: 'http://169.254.169.254/../../etc/passwd' };
  const adapter = withConfig({ ...off, ...inert, ...base, init_lora_weights: 'gaussian' })();
  assert.is(adapter.baseModel, base.base_model_name_or_path);
});

test('refused configurations', () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ peft_type: 'IA3' }, /^adapter_config.json: peft_type must be "LORA", not "IA3"$/],
    [{ peft_type: null }, /peft_type must be "LORA", not null/],
    [{ r: 0 }, /r must be a whole number above 0, not 0/],
    [{ r: -4 }, /r must be .* not -4/],
    [{ r: 2.5 }, /r must be .* not 2.5/],
    [{ r: '3' }, /r must be .* not "3"/],
    [{ r: null }, /r must be/],
    [{ r: 4 }, /"tb_q" has rank 3, but adapter_config.json says 4/],
    [{ lora_alpha: null }, /lora_alpha must be a number within float32, not null/],
    [{ lora_alpha: '8' }, /lora_alpha must be/],
    [{ lora_alpha: 1e39 }, /lora_alpha must be .* not 1e\+39/],
    [{ use_rslora: 'yes' }, /use_rslora must be true or false/],
    [{ use_dora: true }, /"use_dora" is on: only plain LoRA/],
    [{ use_qalora: true }, /"use_qalora" is on/],
    [{ use_something_new: true }, /"use_something_new" is on/],
    [{ bias: 'lora_only' }, /"bias" is on/],
    [{ lora_bias: true }, /"lora_bias" is on/],
    [{ modules_to_save: ['out_conv'] }, /"modules_to_save" is on/],
    [{ fan_in_fan_out: true }, /"fan_in_fan_out" is on/],
    [{ layer_replication: [[0, 4]] }, /"layer_replication" is on/],
    [{ kasa_config: { beta: 1 } }, /"kasa_config" is on/],
    [{ init_lora_weights: 'pissa_niter_4' }, /init_lora_weights must be .* not "pissa_niter_4"/],
    [{ rank_pattern: { '(([a-z0-9_])+)+!$': 3 } }, /rank_pattern has .*give the end of a module's path/],
    [{ rank_pattern: { 'tb.*': 3 } }, /rank_pattern has "tb\.\*"/],
    [{ rank_pattern: { 'tb\\w': 3 } }, /rank_pattern has/],
    [{ rank_pattern: { [`${'a'.repeat(300)}`]: 3 } }, /rank_pattern has/],
    [{ rank_pattern: { tb_q: 0 } }, /rank_pattern of "tb_q" must be a whole number above 0/],
    [{ rank_pattern: ['tb_q'] }, /rank_pattern must be an object/],
    [{ alpha_pattern: { tb_q: null } }, /alpha_pattern of "tb_q" must be/],
    [{ base_model_name_or_path: 7 }, /base_model_name_or_path must be text or null/],
  ];
  for (const [fields, message] of cases) refuses(JSON.stringify(fields), withConfig(fields), message);
});

test('refused configuration files', () => {
  const { weights } = files(smallAdapter());
  const cases: [string, RegExp][] = [
    ['', /^adapter_config.json: the file is empty/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['\ufeff{}', /bad JSON: expected a value at byte 0, near "\\ufeff/],
    ['{"r":1,"r":2}', /"r" appears twice/],
    ['{"peft_type":"LORA","lora_alpha":NaN}', /expected a value at byte 33, near ".*lora_alpha\\":NaN/],
    ['['.repeat(50_000), /no more than 32 levels/],
    ['{"__proto__":{"peft_type":"LORA","r":1,"lora_alpha":1}}', /peft_type must be "LORA"/],
    [' '.repeat(2_000_000), /larger than/],
  ];
  for (const [text, message] of cases) {
    refuses(
      text.slice(0, 30),
      () => readAdapter({ config: new TextEncoder().encode(text), weights }),
      message,
    );
  }
});

test('refused tensors', () => {
  const cases: [string, (tensors: Tensors) => void, RegExp][] = [
    [
      'A alone',
      (t) => t.delete(key('tb_q', 'B')),
      /tb_q.lora_A.weight" is there without "base_model.model.tb_q.lora_B/,
    ],
    [
      'B alone',
      (t) => t.delete(key('tb_q', 'A')),
      /tb_q.lora_B.weight" is there without "base_model.model.tb_q.lora_A/,
    ],
    ['nothing', (t) => t.clear(), /holds no tensors/],
    [
      'rank of A',
      reshape('tb_q', 'A', [2, 4]),
      /tb_q.lora_A.weight" is \[2,4\] and .* \[7,3\]: their ranks differ/,
    ],
    ['rank of both', reshape('down.conv_0', 'A', [9, 5, 3, 3]), /ranks differ/],
    ['mixed', reshape('tb_q', 'A', [3, 4, 1, 1]), /they must be \[r,i\] and \[o,r\]/],
    [
      'kernel of B',
      reshape('up', 'B', [3, 4, 3, 3]),
      /up.lora_B.weight" is \[3,4,3,3\]: they must be \[i,r,k,k\]/,
    ],
    ['empty', reshape('tb_q', 'A', [3, 0]), /empty/],
    ['NaN', poke('tb_q', Number.NaN), /"base_model.model.tb_q.lora_B.weight" holds NaN at element 1/],
    ['Inf', poke('up', -Infinity), /"base_model.model.up.lora_B.weight" holds -Infinity/],
    ['overflow', poke('up', 3e38), /up.lora_A.weight" with scale 0.3 can exceed float32/],
    [
      'DoRA',
      (t) => t.set('base_model.model.up.lora_magnitude_vector', t.get(key('up', 'A'))!),
      /not a plain LoRA tensor/,
    ],
    [
      'saved module',
      (t) => t.set('base_model.model.out.weight', t.get(key('up', 'A'))!),
      /"base_model.model.out.weight"/,
    ],
    [
      'no prefix',
      (t) => t.set('up.lora_A.weight', t.get(key('up', 'A'))!),
      /"up.lora_A.weight" is not a plain LoRA/,
    ],
    [
      'no module',
      (t) => t.set('base_model.model.lora_A.weight', t.get(key('up', 'A'))!),
      /not a plain LoRA tensor/,
    ],
  ];
  for (const [what, change, message] of cases) {
    const read = withTensors(change);
    refuses(what, read, message);
    refuses(what, read, /^adapter_model.safetensors: /);
  }
  const unknown = withTensors(() => {}, [['e2gan.conv_transpose', 'up,down']]);
  refuses('transposed', unknown, /e2gan.conv_transpose lists "down", which has no tensors/);
});

test('the writer refuses weights beyond float16, and alpha 0 is worth a warning', () => {
  const layers = new Map([['tb_q', smallLayer('tb_q', 3, 0)]]);
  assert.match(
    adapterWarnings({ ...smallAdapter(), layers })[0]!,
    /alpha is 0 for 1 of 1 layers, "tb_q" first/,
  );
  assert.equal(adapterWarnings(smallAdapter()), []);
  layers.get('tb_q')!.A.data[0] = 70000;
  assert.throws(
    () => writeAdapter({ ...smallAdapter(), layers }, 'F16'),
    (e: unknown) => e instanceof FormatError,
  );
});

test.run();
