import type { Chance } from './chance.ts';
import { mix, smooth } from './curves.ts';
import { crests, fbm, noise } from './noise.ts';

/** The shape of the land. Lengths in metres; x to the right, z away from the camera, height 0 = the water's face. */
export interface Terrain {
  /** Where in the endless noise this land lies. */
  readonly origin: number;
  readonly base: number;
  readonly hills: number;
  readonly hillSize: number;
  /** Rise of the land to both sides of the valley. */
  readonly flanks: number;
  readonly mountains: number;
  readonly mountainStart: number;
  readonly mountainSize: number;
  readonly water: 'none' | 'lake' | 'river' | 'sea';
  /** Middle (lake, river) or edge (sea) of the water, and its half width. */
  readonly waterX: number;
  readonly waterZ: number;
  readonly waterWidth: number;
  /** Cosine and sine by which fields and sea turn from the view. */
  readonly turnX: number;
  readonly turnZ: number;
  /** Share of the low ground under the plough. */
  readonly fields: number;
  readonly pathX: number | null;
  /** From 0 open country to 1 all woods. */
  readonly woods: number;
  readonly snowLine: number;
}

const WATER_BED = -2.5;
const RIVER_SWING = 26;
/** How far the path swings to either side of its start, metres. */
export const PATH_SWING = 14;

/** Chooses the shape of the land. */
export function drawTerrain(chance: Chance): Terrain {
  const { between, happens, pick } = chance;
  const water = pick<Terrain['water']>(['none', 'lake', 'lake', 'river', 'river', 'sea']);
  const turn = between(-0.5, 0.5);
  const alpine = happens(0.55);
  return {
    origin: between(0, 4000),
    base: between(1, 2.2),
    hills: pick([between(1, 3), between(4, 9)]),
    hillSize: between(14, 30),
    flanks: happens(0.6) ? between(1, 7) : 0,
    mountains: alpine ? between(80, 210) : between(0, 40),
    mountainStart: between(60, 140),
    mountainSize: between(60, 130),
    water,
    waterX: water === 'sea' ? pick([-1, 1]) * between(2, 14) : between(-9, 9),
    waterZ: between(24, 60),
    waterWidth: water === 'river' ? between(2, 4.5) : between(11, 30),
    turnX: (1 - turn * turn) / (1 + turn * turn),
    turnZ: (2 * turn) / (1 + turn * turn),
    fields: happens(0.6) ? between(0.3, 0.8) : 0,
    pathX: happens(0.6) ? between(-4, 4) : null,
    woods: between(0.15, 0.8),
    snowLine: happens(0.5) ? between(35, 60) : 1000,
  };
}

/** How far `x` is from the line of the path, or of the river where `swing` is larger. */
export function offLine(land: Terrain, start: number, swing: number, x: number, z: number): number {
  const bend = noise(land.origin + start, z / 26) - noise(land.origin + start, 0);
  return x - start - swing * bend;
}

/** 0 on dry land, 1 in the middle of the water. */
function wetness(land: Terrain, x: number, z: number): number {
  if (land.water === 'none') return 0;
  if (land.water === 'river') {
    const width = land.waterWidth + z * 0.012;
    if (Math.abs(x - land.waterX) > RIVER_SWING + 2 * width) return 0;
    return smooth(2, 0.5, Math.abs(offLine(land, land.waterX, RIVER_SWING, x, z)) / width);
  }
  if (land.water === 'sea') {
    const toSea = Math.sign(land.waterX);
    const across = (x - land.waterX) * land.turnX * toSea + (z - 10) * land.turnZ;
    return smooth(-6, 5, across + shore(land, x, z));
  }
  const dx = (x - land.waterX) / land.waterWidth;
  const dz = (z - land.waterZ) / (land.waterWidth * 0.9);
  const off = Math.sqrt(dx * dx + dz * dz);
  return off > 1.5 ? 0 : smooth(1.35, 0.7, off + 0.05 * shore(land, x, z));
}

/** How far the shore wanders from its mean line, metres. */
function shore(land: Terrain, x: number, z: number): number {
  return 5 * (noise(land.origin + x / 9, z / 9) - 0.5);
}

/** Height of the ground at a place; below 0 it is the bed of a water. */
export function groundHeight(land: Terrain, x: number, z: number): number {
  const fromCamera = smooth(3, 45, z);
  const hill = fbm((x + land.origin) / land.hillSize, z / land.hillSize, 4) - 0.45;
  const side = Math.abs(x) / (14 + z * 0.35);
  const flank = land.flanks * Math.min(side * side, 3) * fromCamera;
  let height = land.base + hill * land.hills * (0.15 + 0.85 * fromCamera) + flank;
  const wet = wetness(land, x, z);
  if (land.mountains > 0 && z > land.mountainStart) height += mountain(land, x, z) * (1 - wet);
  return mix(Math.max(height, 0.35), WATER_BED, wet);
}

function mountain(land: Terrain, x: number, z: number): number {
  const rise = smooth(land.mountainStart, land.mountainStart * 3.2, z);
  const size = land.mountainSize;
  const massif = 0.25 + 0.75 * noise((x - land.origin) / (size * 1.7), z / (size * 1.7));
  return land.mountains * rise * massif * crests((x + land.origin) / size, z / size, 4);
}
