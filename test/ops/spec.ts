import type { Shape } from '../../src/runtime/shape.ts';
import { product } from '../../src/runtime/shape.ts';
import type { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';

/** A float64 array on the host, in the logical layout of the runtime (NHWC, `[in, out]`), without padding. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** One op, described once: read by the value test, the gradient test and the bench. */
export interface OpSpec<Case extends object = object> {
  /** The op's name in all rooms. */
  readonly name: string;
  readonly cases: readonly Case[];
  /** Shapes of the differentiable inputs, by name. */
  inputs(c: Case): Readonly<Record<string, Shape>>;
  /** Inputs without a gradient (masks, targets), by name. */
  constants?(c: Case, draw: () => number): Readonly<Record<string, Values>>;
  /** One input value from a standard normal draw; the draw itself by default. */
  fill?(c: Case, name: string, draw: () => number): number;
  run(tape: Tape | null, c: Case, x: Readonly<Record<string, Tensor>>): Tensor;
  /** Plain loops in float64: slow and obvious. */
  reference(c: Case, x: Readonly<Record<string, Values>>): Values;
  /** Largest error as a share of the reference's root mean square; gradients null where the op has none. */
  readonly tolerance: { readonly forward: number; readonly grad: number | null };
  /** Floating-point operations of the forward pass. */
  flops(c: Case): number;
}

/** Keeps a spec's case type out of lists of specs. */
export const opSpec = <Case extends object>(spec: OpSpec<Case>): OpSpec => spec as unknown as OpSpec;

export const zeros = (shape: Shape): Values => ({ shape, data: new Float64Array(product(shape)) });

/** Row-major offset of an index. */
export function at(shape: Shape, ...index: number[]): number {
  return index.reduce((offset, i, d) => offset * shape[d]! + i, 0);
}

/** Seeded standard normal draws (Mulberry32 and Box-Muller): the same values on every machine and run. */
export function normals(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
