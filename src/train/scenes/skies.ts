import { add, blend, type Paint, type Rgb, setTo } from './colour.ts';
import { fade, mix, smooth } from './curves.ts';
import type { Look } from './look.ts';
import { hash } from './noise.ts';
import { acrossOf, downOf, type Samples } from './samples.ts';

/** Colours of a sky: at the horizon, at the zenith, and its clouds' dark and lit sides. */
export interface SkyTones {
  readonly low: Rgb;
  readonly high: Rgb;
  readonly dark: Rgb;
  readonly lit: Rgb;
  /** How quickly the zenith's colour sets in; 4.2 when not given. */
  readonly steep?: number;
  /** From 0, only the scene's own clouds, to 1, a closed ceiling. */
  readonly overcast?: number;
}

/** A sky from its tones; `behind` adds what stands behind the clouds: sun, moon, stars. */
export function tonedSky(samples: Samples, tones: SkyTones, behind?: Look['sky']): Look['sky'] {
  const { patch, grain, height } = samples;
  const { low, high, dark, lit, steep = 4.2, overcast = 0 } = tones;
  return (i, c) => {
    const slope = height[i]!;
    setTo(c, low);
    blend(c, high, 1 - fade(Math.max(0, slope) * steep));
    behind?.(i, c);
    const cover = mix(patch[i]!, 1, overcast) * smooth(-0.02, 0.12, slope);
    const t = smooth(0, 1, grain[i]! * (1 - 0.35 * overcast * (1 - patch[i]!)));
    c[0] += (mix(dark[0], lit[0], t) - c[0]) * cover;
    c[1] += (mix(dark[1], lit[1], t) - c[1]) * cover;
    c[2] += (mix(dark[2], lit[2], t) - c[2]) * cover;
  };
}

/** Distance of a sample from the sun's column at a row, both in widths of the picture. */
export function sunDistance(samples: Samples, i: number, row: number): number {
  const dx = acrossOf(samples, i) - samples.layout.sun.column;
  const dy = downOf(samples, i) - row;
  return Math.sqrt(dx * dx + dy * dy);
}

/** Adds the sun's, or the moon's, glow to the sky. */
export function sunGlow(
  samples: Samples,
  i: number,
  c: Paint,
  light: Rgb,
  row: number,
  amount: number,
): void {
  add(c, light, amount * fade(sunDistance(samples, i, row) * 8));
}

/** Lays a disc over the sky; `radius` in widths of the picture. */
export function sunDisc(
  samples: Samples,
  i: number,
  c: Paint,
  light: Rgb,
  row: number,
  radius: number,
): void {
  blend(c, light, smooth(radius * 1.15, radius * 0.85, sunDistance(samples, i, row)));
}

const STAR_CELLS = 26;

/** Brightness of the stars at a sample, 0..1: at most one star in each cell of a grid over the picture. */
export function starLight(samples: Samples, i: number): number {
  const x = acrossOf(samples, i) * STAR_CELLS;
  const y = downOf(samples, i) * STAR_CELLS;
  const column = Math.floor(x);
  const row = Math.floor(y);
  if (hash(column, row + 90) < 0.7) return 0;
  const dx = x - column - 0.1 - 0.8 * hash(column, row);
  const dy = y - row - 0.1 - 0.8 * hash(column, row + 30);
  const bright = hash(column, row + 60);
  const radius = 0.07 + 0.09 * bright * bright;
  return (0.35 + 0.65 * bright) * smooth(radius * 1.5, radius * 0.5, Math.sqrt(dx * dx + dy * dy));
}
