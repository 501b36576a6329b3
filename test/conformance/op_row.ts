import type { z } from 'zod';
import type { Shape } from '../../src/runtime/shape.ts';
import type { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { readAttrs } from './attrs.ts';
import type { Traced } from './evaluate.ts';
import type { Layout } from './layouts.ts';

/** Layouts of an op's inputs by name, and of its output `y`; what is not named lies as in the file. */
export type Layouts = Readonly<Record<string, Layout>>;

/** An op whose attributes have been read. */
export interface ReadyOp {
  readonly layouts: Layouts;
  trace(tape: Tape | null, inputs: Traced, files: Readonly<Record<string, Shape>>): Tensor;
}

/** From a case's attributes to what runs it. @throws Unsupported naming an option */
export type OpRow = (attrs: unknown) => ReadyOp;

/**
 * How one op of the index runs on the engine.
 *
 * @param shape - the attributes that the engine knows
 * @param trace - called with the inputs in the runtime's layout, the attributes, and the inputs' shapes in the file
 */
export function opRow<S extends z.ZodRawShape>(
  shape: S,
  layouts: Layouts | ((attrs: z.output<z.ZodObject<S>>) => Layouts),
  trace: (
    tape: Tape | null,
    inputs: Traced,
    attrs: z.output<z.ZodObject<S>>,
    files: Readonly<Record<string, Shape>>,
  ) => Tensor,
): OpRow {
  return (given) => {
    const attrs = readAttrs(shape, given);
    return {
      layouts: typeof layouts === 'function' ? layouts(attrs) : layouts,
      trace: (tape, inputs, files) => trace(tape, inputs, attrs, files),
    };
  };
}
