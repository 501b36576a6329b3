/**
 * How a side is brought to another length. `bilinear`: two neighbours, no antialiasing (torch's `interpolate`,
 * align_corners false). `bicubic`: Keys' kernel with a = -0.5, stretched over the pixels that it replaces where a side
 * shrinks (Pillow's BICUBIC).
 */
export type Resampling = 'bilinear' | 'bicubic';

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

const clamp = (at: number, length: number): number => Math.min(length - 1, Math.max(0, at));

function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

function bicubicTaps(centre: number, scale: number, length: number): Taps {
  const stretch = Math.max(1, scale);
  const first = clamp(Math.floor(centre - 2 * stretch + 0.5), length);
  const last = Math.min(length, Math.floor(centre + 2 * stretch + 0.5));
  const raw = Array.from({ length: last - first }, (_, i) => cubic((first + i + 0.5 - centre) / stretch));
  const sum = raw.reduce((a, b) => a + b, 0);
  return { first, weights: raw.map((w) => w / sum) };
}

function bilinearTaps(centre: number, length: number): Taps {
  const position = Math.max(0, centre - 0.5);
  const first = Math.min(Math.floor(position), length - 1);
  const share = first === length - 1 ? 0 : position - first;
  return { first, weights: share > 0 ? [1 - share, share] : [1] };
}

/** One axis of `[outer, length, inner]` values. */
function resampleAxis(x: Float64Array, outer: number, from: number, to: number, kind: Resampling) {
  const inner = x.length / outer / from;
  const out = new Float64Array(outer * to * inner);
  for (let o = 0; o < to; o++) {
    const centre = (o + 0.5) * (from / to);
    const taps = kind === 'bicubic' ? bicubicTaps(centre, from / to, from) : bilinearTaps(centre, from);
    for (let b = 0; b < outer; b++)
      for (const [t, weight] of taps.weights.entries()) {
        const source = (b * from + taps.first + t) * inner;
        const target = (b * to + o) * inner;
        for (let i = 0; i < inner; i++) out[target + i]! += weight * x[source + i]!;
      }
  }
  return out;
}

/**
 * A picture's samples at another size.
 *
 * @param rgb - `[height, width, 3]`
 * @returns `[size, size, 3]`, not rounded; bicubic may leave the range of `rgb`
 */
export function resampleSquare(
  { width, height, rgb }: { width: number; height: number; rgb: ArrayLike<number> },
  size: number,
  kind: Resampling,
): Float64Array {
  const wide = resampleAxis(Float64Array.from(rgb), height, width, size, kind);
  return resampleAxis(wide, 1, height, size, kind);
}
