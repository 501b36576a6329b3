import { generatorForward } from '../../src/model/generator.ts';
import { generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { type LayerSpec, Layers, parameterShapes } from '../../src/model/layers.ts';
import { resnetForward, resnetSpecs } from '../../src/model/resnet.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import { unetForward, unetSpecs } from '../../src/model/unet.ts';
import { Weights } from '../../src/model/weights.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import type { Graph } from '../graph/graph.ts';
import { generatorGraph, resnetGraph, unetGraph } from '../graph/networks.ts';
import type { FloatsByName } from '../graph/values.ts';
import { forwardFlops, leastBytes } from '../graph/work.ts';
import { preparedProgram } from '../ours/prepared.ts';
import type { BenchCase } from './bench_case.ts';
import { filesLayout } from './files_layout.ts';

/** A network that makes a picture from a picture. */
interface NetworkCase {
  readonly name: string;
  readonly target: number | null;
  readonly graph: Graph;
  readonly specs: readonly LayerSpec[];
  readonly edge: number;
  forward(gpu: Gpu, layers: Layers, x: Tensor, values: FloatsByName): Tensor;
}

/** Weights are resident; each run takes a picture in and gives one back. */
function networkCase({ name, target, graph, specs, edge, forward }: NetworkCase): BenchCase {
  const hasAttention = graph.nodes.some((node) => node.op === 'attention');
  return {
    name,
    workload: { name, graph, wanted: [], step: null },
    flops: forwardFlops(graph),
    bytes: leastBytes(graph),
    target,
    tolerance: 1e-2,
    reference: null,
    unable: {},
    forms: hasAttention ? { onnxruntime: ['MultiHeadAttention', 'MatMul'] } : {},
    ours: async (gpu, values) => {
      const weights = new Weights(gpu, name, parameterShapes(specs));
      weights.load(filesLayout(weights.shapes, values, (key) => key));
      const program = await gpu.compile(() => {
        const x = gpu.input('source', [1, edge, edge, 3]);
        return { y: forward(gpu, new Layers(weights.tensors), x, values) };
      });
      const frame = { source: values.get('source')!.data };
      return preparedProgram(gpu, program, { frame, release: () => weights.dispose() });
    },
  };
}

function generatorCase(edge: number): BenchCase {
  const config = generatorPresets.paper;
  return networkCase({
    name: `generator paper ${edge}x${edge}`,
    target: 5,
    graph: generatorGraph(config, edge),
    specs: generatorSpecs(config),
    edge,
    forward: (gpu, layers, x, values) => {
      const shape = [1, PROMPT_TOKENS, config.context];
      const context = gpu.parameter('context', shape, values.get('context')!.data);
      return generatorForward(null, layers, config, x, context);
    },
  });
}

const RESNET = { width: 64, blocks: 9 };
const UNET = { width: 64 };

/** Networks at their picture sizes; `edges` are the generator's. */
export function networkCases(edges: readonly number[]): readonly BenchCase[] {
  return [
    ...edges.map(generatorCase),
    networkCase({
      name: 'resnet-9 256x256',
      target: null,
      graph: resnetGraph(RESNET, 256),
      specs: resnetSpecs(RESNET),
      edge: 256,
      forward: (_, layers, x) => resnetForward(null, layers, RESNET, x),
    }),
    networkCase({
      name: 'u-net 256x256',
      target: null,
      graph: unetGraph(UNET, 256),
      specs: unetSpecs(UNET),
      edge: 256,
      forward: (_, layers, x) => unetForward(null, layers, x),
    }),
  ];
}
