import { generatorForward } from '../../src/model/generator.ts';
import { type GeneratorConfig, generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { type LayerSpec, Layers, parameterShapes } from '../../src/model/layers.ts';
import { type ResnetConfig, resnetForward, resnetSpecs } from '../../src/model/resnet.ts';
import { PROMPT_TOKENS } from '../../src/model/text.ts';
import { type UnetConfig, unetForward, unetSpecs } from '../../src/model/unet.ts';
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
      return preparedProgram(gpu, program, { frame });
    },
  };
}

/** The generator, by default the paper's. */
export function generatorCase(edge: number, config: GeneratorConfig = generatorPresets.paper): BenchCase {
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

export const resnetCase = (config: ResnetConfig, edge: number): BenchCase =>
  networkCase({
    name: `resnet-${config.blocks} ${edge}x${edge}`,
    target: null,
    graph: resnetGraph(config, edge),
    specs: resnetSpecs(config),
    edge,
    forward: (_, layers, x) => resnetForward(null, layers, config, x),
  });

export const unetCase = (config: UnetConfig, edge: number): BenchCase =>
  networkCase({
    name: `u-net ${edge}x${edge}`,
    target: null,
    graph: unetGraph(config, edge),
    specs: unetSpecs(config),
    edge,
    forward: (_, layers, x) => unetForward(null, layers, x),
  });

/** Networks at their picture sizes; `edges` are the generator's. */
export function networkCases(edges: readonly number[]): readonly BenchCase[] {
  return [
    ...edges.map((edge) => generatorCase(edge)),
    resnetCase({ width: 64, blocks: 9 }, 256),
    unetCase({ width: 64 }, 256),
  ];
}
