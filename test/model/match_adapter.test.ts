import { test } from 'uvu';
import type { AdapterLayer } from '../../src/model/adapter_layer.ts';
import { matchAdapter } from '../../src/model/match_adapter.ts';
import { refuses } from './crafted.ts';
import { smallAdapter, smallLayer, smallModules } from './small_adapter.ts';

function match(layers: [string, AdapterLayer][]): () => void {
  return () => matchAdapter({ ...smallAdapter(), layers: new Map(layers) }, smallModules);
}

test('every kind of layer fits its module', () => {
  matchAdapter(smallAdapter(), smallModules);
});

test('unknown modules are named with the nearest', () => {
  const all = [...smallAdapter().layers];
  const stray: [string, AdapterLayer] = ['tb_k', smallLayer('tb_q', 2, 1)];
  refuses(
    'one',
    match([...all, stray]),
    /^3 of the adapter's 4 layers are in this model; it has no "tb_k", did you mean "tb_q"\?$/,
  );
  refuses('all', match([['encoder.block', stray[1]]]), /^none of the adapter's 1 layers are in this model/);
});

test('channels and kernels are compared, both shapes shown', () => {
  const linear = smallLayer('tb_q', 3, 1);
  const conv = smallLayer('down.conv_0', 2, 1);
  const up = smallLayer('up', 4, 1);
  const of = (shape: number[]) => ({ shape, data: new Float32Array(0) });
  const cases: [string, AdapterLayer, RegExp][] = [
    [
      'tb_q',
      { ...linear, A: of([3, 5]) },
      /lora_A of "tb_q" is \[3,5\], but the model's weight \[7,4\] needs \[3,4\]/,
    ],
    ['tb_q', { ...linear, B: of([6, 3]) }, /lora_B of "tb_q" is \[6,3\], but .* needs \[7,3\]/],
    ['tb_q', conv, /lora_A of "tb_q" is \[2,5,3,3\]/],
    [
      'down.conv_0',
      linear,
      /lora_A of "down.conv_0" is \[3,4\], but the model's weight \[6,5,3,3\] needs \[3,5,3,3\]/,
    ],
    ['down.conv_0', { ...conv, A: of([2, 5, 1, 1]) }, /needs \[2,5,3,3\]/],
    ['down.conv_1', conv, /needs \[2,6,1,1\]/],
    ['up', { ...up, A: of([3, 4, 3, 3]) }, /needs \[4,4,3,3\]/],
    ['up', { ...up, B: of([4, 4, 1, 1]) }, /needs \[3,4,1,1\]/],
    [
      'up',
      { ...up, transposed: false },
      /"up" was made for a plain layer, but the model's is conv_transpose2d/,
    ],
    ['down.conv_0', up, /was made for a transposed convolution, but the model's is conv2d/],
  ];
  for (const [path, layer, message] of cases) refuses(path, match([[path, layer]]), message);
});

test.run();
