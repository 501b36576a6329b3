import type { Gpu } from '../../src/runtime/gpu.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import type { Program } from '../../src/runtime/program.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { GraphBuilder, namedNodes } from '../graph/graph.ts';
import { drawValues } from '../graph/values.ts';
import type { Rung } from '../protocol.ts';
import { matmulExpected } from '../reference/products.ts';
import { compare } from '../verdict.ts';
import naive from './naive.wgsl';
import register from './register_8x4.wgsl';
import subgroup16 from './subgroup_16x1.wgsl';
import subgroup24 from './subgroup_24x2.wgsl';

/** Factors and product of one rung, `[size, size]` each. */
interface Factors {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
}

/** A kernel of the ladder. */
interface Step {
  readonly name: string;
  /** Why this device cannot run it; empty where it can. */
  reason(gpu: Gpu): string;
  launch(gpu: Gpu, factors: Factors): Tensor;
}

const sizes = ({ a, y }: Factors) => ({ m: a.shape[0]!, n4: y.pitch / 4, k: a.shape[1]! });
const flops = ({ a, y }: Factors): number => 2 * y.size * a.shape[1]!;
const anywhere = (): string => '';

/** Subgroups of one known size that divides the rows held. */
const subgroups =
  (rows: number) =>
  ({ features: { subgroupSize: size } }: Gpu): string =>
    size >= 4 && rows % size === 0 ? '' : `subgroups of ${size || 'no known size'} do not hold ${rows} rows`;

function launchSubgroups(
  gpu: Gpu,
  kernel: typeof subgroup16,
  factors: Factors,
  rows: number,
  columns: number,
) {
  const size = gpu.features.subgroupSize;
  const { m, n4, k } = sizes(factors);
  gpu.run(
    kernel,
    { ...factors },
    { m, n4, k },
    {
      groups: [Math.ceil(n4 / (size * columns)), Math.ceil(m / (rows * 4))],
      specials: { SG: size },
      flops: flops(factors),
    },
  );
  return factors.y;
}

const STEPS: readonly Step[] = [
  {
    name: 'naive',
    reason: anywhere,
    launch: (gpu, factors) => {
      const { m, n4, k } = sizes(factors);
      const groups = [Math.ceil((n4 * 4) / 8), Math.ceil(m / 8)] as const;
      gpu.run(naive, { ...factors }, { m, n4, k }, { groups, overrides: { WG: 8 }, flops: flops(factors) });
      return factors.y;
    },
  },
  {
    name: 'register 8x4',
    reason: anywhere,
    launch: (gpu, factors) => {
      const { m, n4, k } = sizes(factors);
      const groups = [Math.ceil(n4 / 8), Math.ceil(m / 64)] as const;
      gpu.run(register, { ...factors }, { m, n4, k }, { groups, flops: flops(factors) });
      return factors.y;
    },
  },
  {
    name: 'subgroup 16x1',
    reason: subgroups(16),
    launch: (gpu, factors) => launchSubgroups(gpu, subgroup16, factors, 16, 1),
  },
  {
    name: 'subgroup 24x2',
    reason: subgroups(24),
    launch: (gpu, factors) => launchSubgroups(gpu, subgroup24, factors, 24, 2),
  },
  { name: 'matmul as it is', reason: anywhere, launch: (_, { a, b }) => matmul(null, a, b) },
];

/**
 * Times all kernels of the ladder on one product, turn by turn, each checked first.
 * @param size - edge of the square factors, a multiple of 8
 * @throws KernelError where the device has no timestamps
 */
export async function climb(gpu: Gpu, size: number, repeats: number): Promise<Rung[]> {
  const builder = new GraphBuilder();
  const y = builder.matmul(builder.input('a', [size, size]), builder.weight('b', 'linear', [size, size]));
  const values = drawValues(namedNodes(builder.finish({ y })));
  const expected = matmulExpected(values);
  const rungs: { step: Step; reason: string; program: Program | null; error: number; ms: number[] }[] = [];
  for (const step of STEPS) {
    const reason = step.reason(gpu);
    const program = reason ? null : await compileStep(gpu, step, size);
    program?.submit({ a: values.get('a')!.data, b: values.get('b')!.data });
    const got = program ? await program.read('y') : null;
    const outputs = new Map(got ? [['y', { shape: [size, size], data: got }]] : []);
    rungs.push({ step, reason, program, error: got ? compare(outputs, expected).error : 0, ms: [] });
  }
  for (let r = 0; r < repeats; r++)
    for (const { program, ms } of rungs)
      if (program) ms.push((await program.profile(1)).reduce((sum, time) => sum + time.ms, 0));
  for (const { program } of rungs) program?.dispose();
  return rungs.map(({ step, reason, error, ms }) => ({ name: step.name, ms, error, reason }));
}

const compileStep = (gpu: Gpu, step: Step, size: number): Promise<Program> =>
  gpu.compile(() => {
    const [a, b] = [gpu.input('a', [size, size]), gpu.input('b', [size, size])];
    return { y: step.launch(gpu, { a, b, y: gpu.temp([size, size]) }) };
  });
