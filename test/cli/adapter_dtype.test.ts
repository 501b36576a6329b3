import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { saveAdapter } from '../../src/cli/adapter_folder.ts';
import { readAdapter, tensorKey, writeAdapter } from '../../src/model/adapter_file.ts';
import type { Adapter } from '../../src/model/adapter_layer.ts';
import { generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { defaultRanks } from '../../src/model/lora.ts';
import { readSafetensors, type StoredDtype } from '../../src/model/safetensors.ts';
import { adapterOf } from '../../src/model/trained_adapter.ts';
import { initialLora } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';
import { craft, refuses } from '../model/crafted.ts';
import { withFolder } from './scratch.ts';

/** The default adapter of `paper` with weights of the size that training gives them. */
function paperAdapter(): Adapter {
  const { paper } = generatorPresets;
  const random = new Random('paper');
  const lora = initialLora(generatorSpecs(paper), defaultRanks(paper), random);
  for (const [name, { data }] of lora)
    if (name.endsWith('.lora_B')) data.set(data.map(() => 0.02 * random.normal()));
  const generator = { config: paper, weights: new Map(), about: new Map() };
  const base = { path: '', name: 'e2gan-paper', sha256: '0'.repeat(64), generator, discriminator: null };
  const prompt = 'make it an ink drawing on rice paper';
  return adapterOf(paper, lora, { base, concept: 'ink drawing', prompt, imageSize: 256, trainPairs: 400 });
}

/** An adapter on one linear layer `q` whose A is `[1, values]`. */
function rowAdapter(values: readonly number[]): Adapter {
  const A = { shape: [1, values.length], data: Float32Array.from(values) };
  const B = { shape: [2, 1], data: Float32Array.of(1, 1) };
  const layer = { A, B, rank: 1, scale: 1, transposed: false };
  return { layers: new Map([['q', layer]]), metadata: new Map(), baseModel: null };
}

function stored(adapter: Adapter, storage: StoredDtype): Adapter {
  const files = writeAdapter(adapter, storage);
  return readAdapter({
    config: files['adapter_config.json'],
    weights: files['adapter_model.safetensors'],
  });
}

const rowOf = (adapter: Adapter): number[] => [...adapter.layers.get('q')!.A.data];

test("paper's adapter of 91,840 weights takes 187,776 bytes as f16, 371,512 as f32", async () => {
  await withFolder(async (folder) => {
    const adapter = paperAdapter();
    const { bytes, adapter: saved } = await saveAdapter(folder, adapter, 'F16');
    const file = await readFile(join(folder, 'adapter_model.safetensors'));
    assert.is(file.length, bytes);
    assert.is(bytes, 187_776);
    const config = await readFile(join(folder, 'adapter_config.json'));
    assert.ok(bytes + config.length <= 200_000, `both files: ${bytes + config.length}`);
    const weights = [...saved.layers.values()].reduce((n, { A, B }) => n + A.data.length + B.data.length, 0);
    assert.is(weights, 91_840);
    for (const { dtype } of readSafetensors(file).tensors.values()) assert.is(dtype, 'F16');
    await saveAdapter(folder, adapter, 'F16');
    assert.equal(await readFile(join(folder, 'adapter_model.safetensors')), file);
    assert.is((await saveAdapter(folder, adapter, 'F32')).bytes, 371_512);
  });
});

test('what saving returns is what reading gives, and storing that again changes nothing', async () => {
  await withFolder(async (folder) => {
    const { adapter } = await saveAdapter(folder, paperAdapter(), 'F16');
    const [config, weights] = await Promise.all(
      ['adapter_config.json', 'adapter_model.safetensors'].map((name) => readFile(join(folder, name))),
    );
    assert.equal(readAdapter({ config: config!, weights: weights! }), adapter);
    assert.equal(stored(adapter, 'F16'), adapter);
    assert.equal(stored(adapter, 'F32'), adapter);
  });
});

test('f16 rounds to nearest, ties to even, down to subnormals', () => {
  const tiny = 2 ** -24;
  const cases: readonly [value: number, rounded: number][] = [
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    [-1 - 2 ** -11, -1],
    [tiny, tiny],
    [tiny / 2, 0],
    [0.75 * tiny, tiny],
    [1.5 * tiny, 2 * tiny],
    [2.5 * tiny, 2 * tiny],
    [-1023.5 * tiny, -1024 * tiny],
    [65_519, 65_504],
    [-65_504, -65_504],
    [1e-30, 0],
  ];
  assert.equal(
    rowOf(stored(rowAdapter(cases.map(([value]) => value)), 'F16')),
    cases.map(([, rounded]) => rounded),
  );
});

test('what f16 cannot hold is refused by name, NaN and infinities in either type', () => {
  const name = /tensor "base_model\.model\.q\.lora_A\.weight" holds/;
  const write = (value: number, storage: StoredDtype) => () => writeAdapter(rowAdapter([1, value]), storage);
  for (const value of [65_520, -65_520, 1e30]) {
    refuses(String(value), write(value, 'F16'), name);
    refuses(String(value), write(value, 'F16'), /too large for F16: store it as F32/);
    assert.equal(rowOf(stored(rowAdapter([1, value]), 'F32')), [1, Math.fround(value)]);
  }
  for (const value of [Number.NaN, Infinity, -Infinity])
    for (const storage of ['F16', 'F32'] as const) refuses(String(value), write(value, storage), name);
});

test('bfloat16 is read: its values are exact in float32', () => {
  const config = writeAdapter(rowAdapter([1, 2]))['adapter_config.json'];
  const entry = (matrix: 'A' | 'B', shape: string, offsets: string) =>
    `"${tensorKey('q', matrix)}":{"dtype":"BF16","shape":${shape},"data_offsets":${offsets}}`;
  const header = `{${entry('A', '[1,2]', '[0,4]')},${entry('B', '[2,1]', '[4,8]')}}`;
  const weights = craft(header, [0x80, 0x3f, 0x49, 0x40, 0x00, 0xc0, 0x01, 0x00]);
  const { A, B } = readAdapter({ config, weights }).layers.get('q')!;
  assert.equal([...A.data], [1, 3.140625]);
  assert.equal([...B.data], [-2, 2 ** -133]);
  const infinite = craft(header, [0x80, 0x7f, 0, 0, 0, 0, 0, 0]);
  refuses('infinity', () => readAdapter({ config, weights: infinite }), /lora_A.*holds Infinity/);
});

test.run();
