import { clamp01, fade, mix, ridge, smooth } from './curves.ts';
import type { Layout } from './layout.ts';
import { fbm, hash, noise } from './noise.ts';
import {
  Material,
  openSurface,
  rayAside,
  raySlope,
  type Samples,
  type Surface,
  writeSample,
} from './samples.ts';
import { type ShadowMap, shadowAt } from './shadows.ts';
import { groundHeight, offLine, PATH_SWING, type Terrain } from './terrain.ts';

/** Depth of ring `k`: each a few per cent further than the one before, out to about a kilometre. */
const RINGS = 156;
const FIRST = 1.8;
const GROWTH = 1.0418;

/** Heights of the land, ring by ring, for each column and some more to either side. */
interface Relief {
  /** Heights in a ring: one to the left of the picture, then a column each. */
  readonly lines: number;
  readonly depths: Float32Array;
  readonly heights: Float32Array;
}

/** Draws the land and the water into `samples`. */
export function drawGround(samples: Samples, shadows: ShadowMap): void {
  const relief = measure(samples);
  const hits = march(samples, relief);
  const surface = openSurface({});
  // In rows, not in columns as the march goes: memory is written in order.
  for (let i = 0; i < hits.length; i++) {
    if (hits[i]! > 0) drawSample(samples, relief, shadows, i, hits[i]!, surface);
  }
}

/** For every sample the ring whose land it shows, 0 for the sky; each column from near to far. */
function march(samples: Samples, relief: Relief): Uint8Array {
  const { side } = samples;
  const hits = new Uint8Array(side * side);
  for (let column = 0; column < side; column++) {
    let top = side;
    for (let ring = 1; ring < RINGS && top > 0; ring++) {
      const row = Math.max(0, rowOf(samples, relief, column, ring));
      while (top > row) hits[--top * side + column] = ring;
    }
  }
  return hits;
}

function measure({ side, focal, layout }: Samples): Relief {
  const lines = side + 3;
  const depths = new Float32Array(RINGS);
  const heights = new Float32Array(lines * RINGS);
  for (let ring = 0, z = FIRST; ring < RINGS; ring++, z *= GROWTH) {
    depths[ring] = z;
    const at = ring * lines;
    const step = z / focal;
    const left = -(side / 2 + 0.5) * step;
    for (let line = 0; line < lines; line += 2) {
      heights[at + line] = groundHeight(layout.terrain, left + line * step, z);
    }
    // Every other column is enough to measure: samples are finer than pixels.
    for (let line = 1; line < lines - 1; line += 2) {
      heights[at + line] = 0.5 * (heights[at + line - 1]! + heights[at + line + 1]!);
    }
  }
  return { lines, depths, heights };
}

/** First row that the land of this ring covers; the last ring reaches up to the horizon. */
function rowOf(samples: Samples, relief: Relief, column: number, ring: number): number {
  const height = Math.max(relief.heights[ring * relief.lines + column + 1]!, 0);
  const slope = (samples.layout.camera.height - height) / relief.depths[ring]!;
  const row = samples.horizon + slope * samples.focal;
  return Math.ceil((ring === RINGS - 1 ? Math.min(row, samples.horizon) : row) - 0.5);
}

/** Where the ray of a row meets the land between two rings: 0 at the nearer, 1 at the further one. */
function meeting(samples: Samples, relief: Relief, at: number, ring: number, slope: number): number {
  const near = Math.max(relief.heights[at - relief.lines]!, 0);
  const far = Math.max(relief.heights[at]!, 0);
  const z = relief.depths[ring - 1]!;
  const length = relief.depths[ring]! - z;
  const closing = far - near - slope * length;
  const gap = samples.layout.camera.height + slope * z - near;
  return closing > 1e-6 ? clamp01(gap / closing) : 1;
}

function drawSample(
  samples: Samples,
  relief: Relief,
  shadows: ShadowMap,
  i: number,
  ring: number,
  s: Surface,
): void {
  const { layout, side } = samples;
  const row = Math.floor(i / side);
  const column = i - row * side;
  const at = ring * relief.lines + column + 1;
  const t = meeting(samples, relief, at, ring, raySlope(samples, row));
  const { lines, depths, heights } = relief;
  s.depth = mix(depths[ring - 1]!, depths[ring]!, t);
  s.height = mix(heights[at - lines]!, heights[at]!, t);
  const run = (2 * s.depth) / samples.focal;
  const slopeX = (heights[at + 1]! - heights[at - 1]!) / run;
  const slopeZ = (heights[at]! - heights[at - lines]!) / (depths[ring]! - depths[ring - 1]!);
  s.up = 1 / Math.sqrt(1 + slopeX * slopeX + slopeZ * slopeZ);
  s.toward = -(slopeX * layout.sun.x + slopeZ * layout.sun.z) * s.up;
  const x = rayAside(samples, column) * s.depth;
  s.shade = shadowAt(shadows, x, s.depth);
  s.part = 0;
  describe(layout, x, s);
  writeSample(samples, i, s);
}

/** Decides what grows or lies at a place, and its texture. */
function describe(layout: Layout, x: number, s: Surface): void {
  const land = layout.terrain;
  const z = s.depth;
  const coarse = noise(x * 1.1 + land.origin, z * 0.9);
  s.grain = coarse;
  s.tint = coarse;
  if (s.height < 0) {
    s.material = Material.water;
    s.patch = 0.5;
    s.toward = 0;
    s.up = 1;
    return;
  }
  s.patch = fbm((x + land.origin) / 11, z / 11, 2);
  if (z < 90) s.grain = mix(coarse, noise(x * 8 + land.origin, z * 5), 0.5 * fade(z / 22));
  const steep = 1 - s.up;
  const altitude = s.height + 14 * (s.patch - 0.5);
  s.material = Material.grass;
  if (s.height < 0.1 + 0.5 * s.patch * s.patch + 0.2 * s.grain) s.material = Material.sand;
  else if (steep + 0.35 * (s.grain - 0.5) > 0.42 || altitude > 60) s.material = Material.rock;
  else if (isWood(layout, x, s)) growWood(layout, x, s);
  else if (land.pathX !== null && isPath(land, land.pathX, x, z)) s.material = Material.path;
  else if (z < 240 && steep < 0.1) plough(land, x, s);
  if (altitude > land.snowLine && steep < 0.62) s.material = Material.snowcap;
}

function isPath(land: Terrain, start: number, x: number, z: number): boolean {
  if (z > 200 || Math.abs(x - start) > PATH_SWING + 2) return false;
  return Math.abs(offLine(land, start, PATH_SWING, x, z)) < 0.75 + 0.004 * z;
}

/** Far woods are texture, not single trees. */
function isWood(layout: Layout, x: number, s: Surface): boolean {
  if (s.depth < 95) return false;
  const spread = fbm((x - layout.terrain.origin) / 45, s.depth / 45, 2);
  return (
    spread * smooth(90, 160, s.depth) > 0.72 - 0.5 * layout.terrain.woods && s.height < 45 + 20 * s.patch
  );
}

function growWood(layout: Layout, x: number, s: Surface): void {
  const crown = hash(Math.floor(x / 3), Math.floor(s.depth / 7));
  s.material = noise(x / 18 + layout.terrain.origin, s.depth / 30) < 0.5 ? Material.leaf : Material.needle;
  s.tint = crown;
  s.shade = 0.45 * s.grain;
  s.part = 1;
}

/** Fields lie in a turned chequer of strips; their furrows fade with distance. */
function plough(land: Terrain, x: number, s: Surface): void {
  if (land.fields === 0 || s.depth < 12) return;
  const u = (x * land.turnX - s.depth * land.turnZ) / 13 + 0.25 * (s.patch - 0.5);
  const v = (x * land.turnZ + s.depth * land.turnX) / 24 + 0.25 * (s.patch - 0.5);
  const i = Math.floor(u);
  const j = Math.floor(v);
  if (hash(i + Math.floor(land.origin), j) > land.fields) return;
  const hedge = Math.min(u - i, 1 + i - u) < 0.03 || Math.min(v - j, 1 + j - v) < 0.02;
  if (hedge) return;
  s.material = Material.field;
  s.tint = hash(i, j + 501);
  const furrow = ridge(u * 8);
  s.grain = mix(s.grain, furrow, 0.75 * fade(s.depth / 45));
}
