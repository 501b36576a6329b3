import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { opSpecs } from '../../test/ops/index.ts';
import { normals, type OpSpec } from '../../test/ops/spec.ts';
import { GraphBuilder } from '../graph/graph.ts';
import { leastBytes } from '../graph/work.ts';
import { preparedProgram } from '../ours/prepared.ts';
import type { BenchCase } from './bench_case.ts';

const ALONE = 'ops of the tests are timed for ours alone';

/** The largest case of an op's tests, with its gradients where it has any; only the inputs are drawn as the bench draws. */
function specCase(spec: OpSpec): BenchCase {
  const [largest] = [...spec.cases].sort((a, b) => spec.flops(b) - spec.flops(a)) as [object];
  const builder = new GraphBuilder();
  for (const [name, shape] of Object.entries(spec.inputs(largest))) builder.input(name, shape);
  const graph = builder.finish({});
  const name = `op ${spec.name}`;
  const backward = spec.tolerance.grad !== null;
  return {
    name,
    workload: { name, graph, wanted: [], step: null },
    // A product's two gradients cost as much as the product each.
    flops: spec.flops(largest) * (backward ? 3 : 1),
    bytes: leastBytes(graph) * (backward ? 2 : 1),
    target: null,
    tolerance: 0,
    reference: null,
    unable: { onnxruntime: ALONE, 'jax-js': ALONE, tfjs: ALONE },
    forms: {},
    ours: async (gpu, values) => {
      const resident: Record<string, Float32Array> = {};
      const declare = (key: string, shape: readonly number[], data: ArrayLike<number>): Tensor => {
        resident[key] = Float32Array.from(data);
        return gpu.input(key, shape);
      };
      const program = await gpu.compile(() => {
        const inputs: Record<string, Tensor> = {};
        for (const [key, { shape, data }] of values) inputs[key] = declare(key, shape, data);
        const constants: Record<string, Tensor> = {};
        for (const [key, v] of Object.entries(spec.constants?.(largest, normals(1)) ?? {}))
          constants[key] = declare(key, v.shape, v.data);
        const tape = new Tape();
        tape.watch(Object.values(inputs));
        const y = spec.run(tape, largest, { ...inputs, ...constants });
        if (!backward) return { y };
        const dy = declare('gout', y.shape, new Float32Array(y.size).fill(1));
        const gradients = tape.gradients(y, dy, Object.values(inputs));
        return { y, ...Object.fromEntries(gradients.map((g, i) => [`d${i}`, g])) };
      });
      return preparedProgram(gpu, program, { resident });
    },
  };
}

/** One case for each op of the runtime, from its tests: a quick look whether one has become slow. */
export const everyOp = (): readonly BenchCase[] => opSpecs.map(specCase);
