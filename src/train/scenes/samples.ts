import type { Layout } from './layout.ts';

/** What a sample shows. */
export const Material = {
  sky: 0,
  water: 1,
  grass: 2,
  field: 3,
  path: 4,
  sand: 5,
  rock: 6,
  snowcap: 7,
  leaf: 8,
  needle: 9,
  wood: 10,
  wall: 11,
  roof: 12,
  window: 13,
  stone: 14,
} as const;

/** Depth of the sky: beyond everything. */
export const FAR = 1e9;

/** All that is known of one sample before anybody decides on colours. */
export interface Surface {
  material: number;
  /** Distance along the view, metres. */
  depth: number;
  /** Metres above the water's face; in the sky, the slope of the view ray. */
  height: number;
  /** Upward part of the normal. */
  up: number;
  /** Part of the normal that looks to the sun's side, horizontally. */
  toward: number;
  /** Fine texture, 0..1; in clouds, their lit side. */
  grain: number;
  /** Broad variation, 0..1; in the sky, cloud cover. */
  patch: number;
  /** Random number of the object, 0..1. */
  tint: number;
  /** 0 open to the sun, 1 in full shadow. */
  shade: number;
  /** Number of the object, for outlines; 0 is the land. */
  part: number;
}

/** A {@link Surface} with what is known of it; the rest is 0. */
export function openSurface(known: Partial<Surface>): Surface {
  const blank = { depth: 0, height: 0, up: 0, toward: 0, grain: 0, patch: 0, tint: 0, shade: 0, part: 0 };
  return { material: Material.sky, ...blank, ...known };
}

/**
 * The picture as geometry: {@link Surface} as one array per property, `side * side` samples, rows from top to bottom,
 * {@link GRID} x {@link GRID} samples for each pixel.
 */
export interface Samples {
  readonly layout: Layout;
  readonly side: number;
  /** Row of the horizon, and samples per unit of slope. */
  readonly horizon: number;
  readonly focal: number;
  readonly material: Uint8Array;
  readonly depth: Float32Array;
  readonly height: Float32Array;
  readonly up: Float32Array;
  readonly toward: Float32Array;
  readonly grain: Float32Array;
  readonly patch: Float32Array;
  readonly tint: Float32Array;
  readonly shade: Float32Array;
  readonly part: Uint16Array;
}

/** Samples along each edge of a pixel. */
export const GRID = 2;

/** An empty sky of the size of a picture of `size` pixels a side. */
export function openSamples(layout: Layout, size: number): Samples {
  const side = size * GRID;
  const floats = (): Float32Array => new Float32Array(side * side);
  return {
    layout,
    side,
    horizon: layout.camera.horizon * side,
    focal: side / 2 / layout.camera.lens,
    material: new Uint8Array(side * side),
    depth: floats().fill(FAR),
    height: floats(),
    up: floats(),
    toward: floats(),
    grain: floats(),
    patch: floats(),
    tint: floats(),
    shade: floats(),
    part: new Uint16Array(side * side),
  };
}

/** Puts a surface in place of what the sample showed. */
export function writeSample(samples: Samples, i: number, s: Surface): void {
  samples.material[i] = s.material;
  samples.depth[i] = s.depth;
  samples.height[i] = s.height;
  samples.up[i] = s.up;
  samples.toward[i] = s.toward;
  samples.grain[i] = s.grain;
  samples.patch[i] = s.patch;
  samples.tint[i] = s.tint;
  samples.shade[i] = s.shade;
  samples.part[i] = s.part;
}

/** Slope (height per metre of depth) of the view ray through a row. */
export function raySlope(samples: Samples, row: number): number {
  return (samples.horizon - row - 0.5) / samples.focal;
}

/** Sideways metres per metre of depth of the view ray through a column. */
export function rayAside(samples: Samples, column: number): number {
  return (column + 0.5 - samples.side / 2) / samples.focal;
}

/** Share of the sky's light that reaches a sample: less on things that look down or stand in shadow. */
export function skyLight({ up, shade }: Samples, i: number): number {
  return (0.8 + 0.2 * up[i]!) * (1 - 0.45 * shade[i]!);
}

/** Sideways metres from the middle of the view at which a sample's thing stands. */
export function asideOf(samples: Samples, i: number): number {
  return rayAside(samples, i % samples.side) * samples.depth[i]!;
}

/** Place of a sample across the picture, 0 left to 1 right. */
export function acrossOf({ side }: Samples, i: number): number {
  return ((i % side) + 0.5) / side;
}

/** Place of a sample down the picture, 0 top to 1 bottom. */
export function downOf({ side }: Samples, i: number): number {
  return (Math.floor(i / side) + 0.5) / side;
}

/** Column and row, as real numbers, at which a place shows. */
export function project(samples: Samples, x: number, y: number, z: number): { column: number; row: number } {
  const { focal, horizon, side, layout } = samples;
  return { column: side / 2 + (x / z) * focal, row: horizon - ((y - layout.camera.height) / z) * focal };
}
