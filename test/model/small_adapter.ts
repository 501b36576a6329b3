import type { Adapter, AdapterLayer } from '../../src/model/adapter_layer.ts';
import type { AdaptableModule } from '../../src/model/match_adapter.ts';
import type { FloatArray } from '../../src/model/safetensors.ts';
import { Random } from '../../src/train/random.ts';

/** The modules of a network with one layer of each kind. */
export const smallModules: ReadonlyMap<string, AdaptableModule> = new Map<string, AdaptableModule>([
  ['down.conv_0', { kind: 'conv2d', weightShape: [6, 5, 3, 3] }],
  ['tb_q', { kind: 'linear', weightShape: [7, 4] }],
  ['up', { kind: 'conv_transpose2d', weightShape: [4, 3, 3, 3] }],
  ['down.conv_1', { kind: 'conv2d', weightShape: [6, 6, 1, 1] }],
]);

function array(random: Random, shape: number[]): FloatArray {
  const size = shape.reduce((product, length) => product * length, 1);
  return { shape, data: Float32Array.from({ length: size }, () => random.normal()) };
}

/** A layer with random A and B for a module. */
export function smallLayer(path: string, rank: number, scale: number): AdapterLayer {
  const random = new Random(path);
  const { kind, weightShape } = smallModules.get(path)!;
  const [first, second, ...kernel] = weightShape as [number, number, ...number[]];
  const transposed = kind === 'conv_transpose2d';
  const A = array(random, transposed ? [first, rank, ...kernel] : [rank, second, ...kernel]);
  const B = array(random, [transposed ? second : first, rank, ...kernel.map(() => 1)]);
  return { A, B, rank, scale, transposed };
}

/** An adapter on a convolution, a linear layer and a transposed convolution, of different ranks and scales. */
export function smallAdapter(): Adapter {
  return {
    layers: new Map([
      ['down.conv_0', smallLayer('down.conv_0', 2, 1)],
      ['tb_q', smallLayer('tb_q', 3, 5 / 3)],
      ['up', smallLayer('up', 4, 0.3)],
    ]),
    metadata: new Map([
      ['format', 'pt'],
      ['e2gan.concept', 'ink — «tusche»'],
    ]),
    baseModel: 'e2gan/small',
  };
}
