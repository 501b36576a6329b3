import { expect } from '../errors.ts';
import { product, roundUp, type Shape, sameShape, showShape } from '../shape.ts';

/** The dimensions as `[n, h, w, c]`, ones in front. @throws ShapeError above four dimensions */
export function fourDims(op: string, shape: Shape): readonly [number, number, number, number] {
  expect(shape.length <= 4, op, `${showShape(shape)} has more than four dimensions`);
  const [n = 1, h = 1, w = 1, c = 1] = [...Array<number>(4 - shape.length).fill(1), ...shape];
  return [n, h, w, c];
}

/** What kernels/lib/broadcast.wgsl asks of the kernel that imports it. */
export interface Broadcast {
  readonly params: Readonly<Record<'c' | 'c4' | 'h' | 'w' | 'bn' | 'bh' | 'bw', number>>;
  readonly overrides: Readonly<{ SPREAD: number; SPLAT: boolean; MASK: boolean }>;
}

const SPREAD = { same: 0, one: 1, row: 2, any: 3 };

function spreadOf(a: Shape, b: Shape): number {
  if (sameShape(a, b)) return SPREAD.same;
  if (product(b) === 1) return SPREAD.one;
  return product(b) === b[3] ? SPREAD.row : SPREAD.any;
}

/**
 * How b is repeated over a: shapes aligned at the right, each dimension of b equal to a's or 1.
 * @throws ShapeError where b does not fit
 */
export function broadcast(op: string, aShape: Shape, bShape: Shape): Broadcast {
  const a = fourDims(op, aShape);
  const b = fourDims(op, bShape);
  const fits = b.every((n, i) => n === a[i] || n === 1);
  expect(fits, op, `b ${showShape(bShape)} cannot be repeated over a ${showShape(aShape)}`);
  const [, h, w, c] = a;
  const step = roundUp(b[3], 4) / 4;
  const splat = b[3] === 1 && c > 1;
  return {
    params: {
      c,
      c4: roundUp(c, 4) / 4,
      h,
      w,
      bn: b[0] > 1 ? b[1] * b[2] * step : 0,
      bh: b[1] > 1 ? b[2] * step : 0,
      bw: b[2] > 1 ? step : 0,
    },
    overrides: { SPREAD: spreadOf(a, b), SPLAT: splat, MASK: splat && c % 4 > 0 },
  };
}
