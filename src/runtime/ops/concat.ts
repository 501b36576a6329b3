import forward from '#kernels/concat/forward.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { type Axis, columnsOf, resized, slice } from './slice.ts';

const WG = 64;

const sizeAlong = (t: Tensor, axis: Axis): number => (axis === 'last' ? t.shape.at(-1)! : t.shape[0]!);

function join(tape: Tape | null, a: Tensor, b: Tensor, axis: Axis): Tensor {
  const [na, nb] = [sizeAlong(a, axis), sizeAlong(b, axis)];
  const y = a.like(resized(a.shape, axis, na + nb));
  const from = columnsOf(a, axis);
  const then = columnsOf(b, axis);
  const params = {
    rows: from.rows,
    ca: from.columns,
    cb: then.columns,
    a_pitch4: from.pitch4,
    b_pitch4: then.pitch4,
    y_pitch4: columnsOf(y, axis).pitch4,
  };
  a.gpu.run(forward, { a, b, y }, params, { groups: grid1d(y.length / 4, WG), overrides: { WG }, flops: 0 });
  if (TRAINING)
    tape?.record(y, [a, b], (dy) => [slice(null, dy, 0, na, axis), slice(null, dy, na, nb, axis)]);
  return y;
}

/**
 * y = the parts side by side along the channels, or one after the other along the batch; joined two at a time.
 *
 * @param parts - one or more, `[..., c]` each; equal in every dimension but the joined one
 * @returns the first part's shape with the sum along the axis
 * @throws ShapeError when the other dimensions differ
 */
export function concat(tape: Tape | null, parts: readonly Tensor[], axis: Axis = 'last'): Tensor {
  const [first, ...rest] = parts;
  expect(first !== undefined && (axis === 'last' || first.shape.length > 1), 'concat', 'nothing to join');
  for (const part of rest) {
    const alike = sameShape(resized(part.shape, axis, 0), resized(first.shape, axis, 0));
    expect(alike, 'concat', `a part is ${showShape(part.shape)}, the first is ${showShape(first.shape)}`);
  }
  return rest.reduce((joined, part) => join(tape, joined, part, axis), first);
}
