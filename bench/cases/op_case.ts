import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { type Graph, GraphBuilder, namedNodes, type Value } from '../graph/graph.ts';
import { forwardFlops, gradientFlops, leastBytes } from '../graph/work.ts';
import { preparedProgram } from '../ours/prepared.ts';
import { type BenchCase, forwardOnly } from './bench_case.ts';

/** Tensors or nodes by name. */
type Named<T> = Readonly<Record<string, T>>;

/** A case of one op. */
export interface OpCase {
  readonly name: string;
  readonly target: number | null;
  /** Builds the op for the peers; the output is `y`. */
  build(graph: GraphBuilder): Value;
  /** The same with ours, on tensors of the same names. */
  run(tape: Tape | null, tensors: Named<Tensor>): Tensor;
  /** Whether the gradients by all inputs and weights are wanted too. */
  readonly backward?: boolean;
  readonly reference: BenchCase['reference'];
}

function graphOf(build: OpCase['build']): Graph {
  const builder = new GraphBuilder();
  return builder.finish({ y: build(builder) });
}

/**
 * A case of one op. Forward alone, weights are parameters, as in a network that is applied; with gradients they are
 * inputs, so that nothing is derived from them ahead: in training they change with every step.
 */
export function opCase({ name, target, build, run, backward = false, reference }: OpCase): BenchCase {
  const graph = graphOf(build);
  const named = namedNodes(graph);
  const wanted = backward ? [...named.keys()] : [];
  const hasAttention = graph.nodes.some((node) => node.op === 'attention');
  return {
    name,
    workload: { name, graph, wanted, step: null },
    flops: forwardFlops(graph) + gradientFlops(graph, new Set(wanted)),
    bytes: leastBytes(graph) * (backward ? 2 : 1),
    target,
    tolerance: 1e-3,
    reference,
    unable: forwardOnly(backward),
    forms: hasAttention ? { onnxruntime: ['MultiHeadAttention', 'MatMul'] } : {},
    ours: async (gpu, values) => {
      const resident: Record<string, Float32Array> = {};
      const program = await gpu.compile(() => {
        const tensors: Record<string, Tensor> = {};
        for (const [key, { shape, kind }] of named) {
          const { data } = values.get(key)!;
          if (kind === 'input' || backward) {
            tensors[key] = gpu.input(key, shape);
            resident[key] = data;
          } else tensors[key] = gpu.parameter(key, shape, data);
        }
        if (!backward) return { y: run(null, tensors) };
        const tape = new Tape();
        const by = wanted.map((key) => tensors[key]!);
        tape.watch(by);
        const y = run(tape, tensors);
        resident.dy = values.get('dy')!.data;
        const gradients = tape.gradients(y, gpu.input('dy', y.shape), by);
        return { y, ...Object.fromEntries(wanted.map((key, i) => [`d ${key}`, gradients[i]!])) };
      });
      return preparedProgram(gpu, program, { resident });
    },
  };
}
