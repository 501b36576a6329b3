import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Adapter, AdapterLayer } from '../../src/model/adapter_layer.ts';
import { mergeAdapters, updateNorm, updateShape } from '../../src/model/adapter_update.ts';
import { mergedAdapters, withRecords } from '../../src/model/merge_record.ts';
import type { Arrays } from '../../src/model/weights.ts';
import { product } from '../../src/runtime/shape.ts';
import { Random } from '../../src/train/random.ts';
import { refuses } from './crafted.ts';
import { smallAdapter, smallModules } from './small_adapter.ts';

const random = new Random('weights');
const weights: Arrays = new Map(
  [...smallModules].map(([path, { weightShape: shape }]) => {
    const data = Float32Array.from({ length: product(shape) }, () => random.normal());
    return [`${path}.weight`, { shape, data }] as const;
  }),
);

/** dW by its definition: sum over r of B[o,r] A[r,i,u,v], or A[i,r,u,v] B[o,r] at [i,o,u,v]. */
function slowUpdate({ A, B, rank, scale, transposed }: AdapterLayer): number[] {
  const [first, second, ...kernel] = A.shape as [number, number, ...number[]];
  const [inputs, outputs, taps] = [transposed ? first : second, B.shape[0]!, product(kernel)];
  const at = (o: number, i: number, t: number) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) {
      const a = transposed ? (i * rank + r) * taps + t : (r * inputs + i) * taps + t;
      sum += B.data[o * rank + r]! * A.data[a]!;
    }
    return scale * sum;
  };
  const values: number[] = [];
  const [rows, columns] = transposed ? [inputs, outputs] : [outputs, inputs];
  for (let x = 0; x < rows; x++)
    for (let y = 0; y < columns; y++)
      for (let t = 0; t < taps; t++) values.push(transposed ? at(y, x, t) : at(x, y, t));
  return values;
}

test('a merged weight is W + strength scale B A, for each kind of layer', () => {
  const adapter = smallAdapter();
  const merged = mergeAdapters(weights, smallModules, [{ adapter, strength: -0.75 }]);
  assert.equal([...merged.keys()], [...weights.keys()]);
  for (const [path, layer] of adapter.layers) {
    const name = `${path}.weight`;
    assert.equal(updateShape(layer), smallModules.get(path)!.weightShape);
    const change = slowUpdate(layer);
    const wanted = weights.get(name)!.data.map((w, i) => w - 0.75 * change[i]!);
    const most = merged.get(name)!.data.reduce((m, w, i) => Math.max(m, Math.abs(w - wanted[i]!)), 0);
    assert.ok(most < 1e-6, `${path}: ${most}`);
    assert.ok(Math.abs(updateNorm(layer) - Math.hypot(...change)) < 1e-12 * Math.hypot(...change) + 1e-12);
  }
  assert.is(merged.get('down.conv_1.weight'), weights.get('down.conv_1.weight'));
});

test('several adapters add up, and taken out again leave the base within rounding', () => {
  const adapter = smallAdapter();
  const both = [
    { adapter, strength: 1 },
    { adapter, strength: 0.5 },
  ];
  const merged = mergeAdapters(weights, smallModules, both);
  assert.equal(merged, mergeAdapters(weights, smallModules, [{ adapter, strength: 1.5 }]));
  const back = mergeAdapters(
    merged,
    smallModules,
    both.map(({ strength }) => ({ adapter, strength: -strength })),
  );
  for (const [name, { data }] of back) {
    for (let i = 0; i < data.length; i++) {
      const [was, between] = [weights.get(name)!.data[i]!, merged.get(name)!.data[i]!];
      // Half a unit in the last place for each of the two roundings.
      assert.ok(Math.abs(data[i]! - was) <= 2 ** -24 * (Math.abs(was) + Math.abs(between)) * 1.001, name);
    }
  }
});

test('what does not fit, and what leaves float32, is refused', () => {
  const [path, layer] = [...smallAdapter().layers][1]!;
  const withLayer = (name: string, one: AdapterLayer): Adapter => ({
    layers: new Map([[name, one]]),
    metadata: new Map(),
    baseModel: null,
  });
  const merge = (adapter: Adapter) => () => mergeAdapters(weights, smallModules, [{ adapter, strength: 1 }]);
  refuses('unknown', merge(withLayer('tb_k', layer)), /it has no "tb_k"/);
  refuses('shape', merge(withLayer('down.conv_1', layer)), /lora_A of "down.conv_1" is \[3,4\]/);
  const huge = { ...layer, scale: 1e38 };
  refuses('overflow', merge(withLayer(path, huge)), /"tb_q.weight" would leave float32/);
});

test('records of merged adapters come back; what is none is refused', () => {
  const record = { name: 'ink', prompt: 'ink drawing', sha256: 'a'.repeat(64), strength: 0.5 };
  const about = withRecords(new Map([['e2gan.name', 'base']]), 'b'.repeat(64), [record]);
  assert.equal(mergedAdapters(about), [record]);
  assert.equal(mergedAdapters(withRecords(about, 'b'.repeat(64), [])), []);
  for (const text of ['', '{}', '[1]', JSON.stringify([{ ...record, sha256: 'no' }]), '['.repeat(1e5)])
    refuses(
      text.slice(0, 20),
      () => mergedAdapters(new Map([['e2gan.merged', text]])),
      /e2gan\.merged is no list/,
    );
});

test('records that could not be read back are not written', () => {
  const record = { name: 'n'.repeat(1025), prompt: '', sha256: 'a'.repeat(64), strength: 1 };
  refuses('name', () => withRecords(new Map(), 'b'.repeat(64), [record]), /a longer name or prompt/);
});

test.run();
