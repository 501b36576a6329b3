import { z } from 'zod';
import type { Gpu } from '../../src/runtime/gpu.ts';

const share = z.number().positive().optional();

/** How far a tensor may be off; at least one bar. */
export const barSchema = z
  .object({ bar_rel_l2: share, bar_max_rms: share, bar_max_abs: share })
  .refine((bar) => Object.values(bar).some((value) => value !== undefined), 'there is no bar');

export type Bar = z.output<typeof barSchema>;

// With f16 storage, which rounds each value by up to 2^-11 of it. A reference that is zero has a bar for its largest value:
// it grows as the other does, from 1e-5.
const HALF_BAR: Bar = { bar_rel_l2: 2e-3 };
const HALF_GROWTH = 200;
// Rounding moves some values across the kink of a ReLU. Where that is one in 2,000, a layer's gradient is off by the root of
// it, 2 %; a network has several layers, in any implementation.
const HALF_GRADIENT_BAR: Bar = { bar_rel_l2: 0.1 };
// Roundings of some 30 tensors in a row add up.
const HALF_NETWORK_BAR: Bar = { bar_rel_l2: 5e-3 };

const isZero = ({ bar_rel_l2: relative, bar_max_abs: largest }: Bar) =>
  relative === undefined && largest !== undefined;

/** The error of one tensor over its bar: up to 1 is a pass. */
export interface Check {
  readonly tensor: string;
  readonly ratio: number;
}

/** The one that comes closest to its bar, or exceeds it most. */
export const worst = (checks: readonly Check[]): Check =>
  checks.reduce((a, b) => (b.ratio > a.ratio ? b : a), { tensor: '', ratio: 0 });

/** Where the reference is no number, got must be the same; what is not finite elsewhere is infinitely wrong. */
function difference(got: number, want: number): number {
  if (Object.is(got, want)) return 0;
  return Number.isFinite(got) && Number.isFinite(want) ? Math.abs(got - want) : Number.POSITIVE_INFINITY;
}

const over = (error: number, bar: number | undefined): number =>
  bar === undefined || error === 0 ? 0 : error / bar;

/**
 * Compares a tensor with its reference: ||got - want|| / ||want||, max |got - want| / rms(want) and max |got - want|,
 * each with its bar where there is one.
 */
export function check(tensor: string, got: ArrayLike<number>, want: ArrayLike<number>, bar: Bar): Check {
  if (got.length !== want.length)
    throw new Error(`${tensor} has ${got.length} values, the reference ${want.length}`);
  let [squares, wanted, most] = [0, 0, 0];
  for (let i = 0; i < want.length; i++) {
    const error = difference(got[i]!, want[i]!);
    squares += error * error;
    most = Math.max(most, error);
    if (Number.isFinite(want[i])) wanted += want[i]! * want[i]!;
  }
  const ratios = [
    over(Math.sqrt(squares) && Math.sqrt(squares / wanted), bar.bar_rel_l2),
    over(most && most / Math.sqrt(wanted / want.length), bar.bar_max_rms),
    over(most, bar.bar_max_abs),
  ];
  return { tensor, ratio: Math.max(...ratios) };
}

/** The bars of an index, or those of f16 storage: of an op, or of a network of several layers. */
export function barsFor(
  { storage }: Gpu,
  bars: Readonly<Record<string, Bar>>,
  of: 'op' | 'network' = 'op',
): Readonly<Record<string, Bar>> {
  if (storage === 'f32') return bars;
  const half = (name: string, bar: Bar): Bar => {
    if (isZero(bar)) return { bar_max_abs: HALF_GROWTH * bar.bar_max_abs! };
    if (of === 'op') return HALF_BAR;
    return name.startsWith('grad.') ? HALF_GRADIENT_BAR : HALF_NETWORK_BAR;
  };
  return Object.fromEntries(Object.entries(bars).map(([name, bar]) => [name, half(name, bar)]));
}

/** Compares one number, as |got - want| / |want|. */
export const checkNumber = (tensor: string, got: number, want: number, bar: number): Check =>
  check(tensor, [got], [want], { bar_rel_l2: bar });

/** Compares what came, by the names of the index, with the tensors of the same names. */
export function checkOutputs(
  got: ReadonlyMap<string, ArrayLike<number>>,
  want: ReadonlyMap<string, { readonly data: ArrayLike<number> }>,
  bars: Readonly<Record<string, Bar>>,
): Check[] {
  return Object.entries(bars).map(([name, bar]) => {
    const [values, reference] = [got.get(name), want.get(name)];
    if (!values || !reference)
      throw new Error(`${name}: ${values ? 'the file' : 'the engine'} gives no such tensor`);
    return check(name, values, reference.data, bar);
  });
}
