import type { Gpu } from '../../src/runtime/gpu.ts';
import { sameShape, showShape } from '../../src/runtime/shape.ts';
import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { checkHalf } from './half_inputs.ts';
import { type Placed, runtimeShape, toFile, toRuntime } from './layouts.ts';

/** Tensors on the device, by the names that the case gives them. */
export type Traced = Readonly<Record<string, Tensor>>;

/** A computation to run once, forward and, where there is a cotangent, backward. */
export interface Experiment {
  readonly inputs: ReadonlyMap<string, Placed>;
  /** What is expected of y: its shape and layout count. */
  readonly y: Placed;
  readonly gout: Placed | null;
  /** What inputs and the cotangent are stored in. */
  readonly storage: 'f32' | 'f16';
  /** What the cotangent is multiplied by, and the gradients divided by again. */
  readonly scale?: number;
  /** What to differentiate by. */
  wanted(inputs: Traced): ReadonlyMap<string, Tensor>;
  /** Shape and layout in files of each of `wanted`. */
  fileOf(name: string): Omit<Placed, 'data'>;
  trace(tape: Tape, inputs: Traced): Tensor;
}

// Names of the cotangent, the output and the gradients.
const [GOUT, OUT, GRAD] = ['gout.y', 'out.y', 'grad.'] as const;

/** @returns `out.y` and `grad.NAME`, in files' layout */
export async function evaluate(gpu: Gpu, experiment: Experiment): Promise<Map<string, Float32Array>> {
  const { inputs, y: expected, gout, storage, scale = 1 } = experiment;
  if (storage === 'f16') for (const [name, placed] of inputs) checkHalf(`in.${name}`, placed);
  const program = await gpu.compile(() => traceExperiment(gpu, experiment));
  try {
    const feeds = [...inputs, ...(gout ? [[GOUT, gout] as const] : [])];
    const times = (values: Float32Array, factor: number) =>
      factor === 1 ? values : values.map((v) => v * factor);
    const values = feeds.map(
      ([name, placed]) => [name, times(toRuntime(placed), name === GOUT ? scale : 1)] as const,
    );
    const got = await program.run(Object.fromEntries(values));
    const place = (name: string) => (name === OUT ? expected : experiment.fileOf(name.slice(GRAD.length)));
    return new Map(
      Object.entries(got).map(([name, values]) => [
        name,
        toFile(place(name), times(values, name === OUT ? 1 : 1 / scale)),
      ]),
    );
  } finally {
    program.dispose();
  }
}

function traceExperiment(
  gpu: Gpu,
  { inputs, y: expected, gout, storage, ...experiment }: Experiment,
): Traced {
  const declared = [...inputs].map(
    ([name, placed]) => [name, gpu.input(name, runtimeShape(placed), storage)] as const,
  );
  const traced = Object.fromEntries(declared);
  const wanted = experiment.wanted(traced);
  const tape = new Tape();
  tape.watch(wanted.values());
  const y = experiment.trace(tape, traced);
  const shape = runtimeShape(expected);
  if (!sameShape(y.shape, shape))
    throw new Error(`y is ${showShape(y.shape)}, the reference ${showShape(shape)}`);
  if (!gout) return { [OUT]: y };
  const gradients = tape.gradients(y, gpu.input(GOUT, shape, storage), [...wanted.values()]);
  const named = [...wanted.keys()].map((name, i) => [GRAD + name, gradients[i]!] as const);
  return { [OUT]: y, ...Object.fromEntries(named) };
}
