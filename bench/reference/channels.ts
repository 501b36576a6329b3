import { product } from '../../src/runtime/shape.ts';
import type { Values } from '../../test/ops/spec.ts';
import type { Floats } from '../graph/values.ts';

// References in float64 are slow: they compute few channels of every pixel, or one head.

/** Channels that references compute. */
export const CHANNELS = 4;

/** All values in float64. */
export const wide = ({ shape, data }: Floats): Values => ({ shape, data: Float64Array.from(data) });

/** Elements whose index along `axis` is below `count`, and where they lie. */
export function firstOf(
  { shape }: { readonly shape: readonly number[] },
  axis: number,
  count: number,
): { shape: number[]; places: Int32Array } {
  const inner = product(shape.slice(axis + 1));
  const outer = product(shape.slice(0, axis));
  const kept = shape.map((size, i) => (i === axis ? Math.min(count, size) : size));
  const places = new Int32Array(product(kept));
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (let a = 0; a < kept[axis]!; a++)
      for (let i = 0; i < inner; i++) places[at++] = (o * shape[axis]! + a) * inner + i;
  return { shape: kept, places };
}

/** The part of `values` that {@link firstOf} names, in float64. */
export function firstValues(values: Floats, axis: number, count = CHANNELS): Values {
  const { shape, places } = firstOf(values, axis, count);
  return { shape, data: Float64Array.from(places, (place) => values.data[place]!) };
}
