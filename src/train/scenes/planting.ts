import type { Camera } from './camera.ts';
import type { Chance } from './chance.ts';
import { mix } from './curves.ts';
import { fbm, hash } from './noise.ts';
import { groundHeight, offLine, PATH_SWING, type Terrain } from './terrain.ts';
import type { House } from './village.ts';

export interface Tree {
  readonly kind: 'round' | 'tall' | 'conifer' | 'bush';
  readonly x: number;
  readonly z: number;
  /** Height of the ground below it. */
  readonly base: number;
  readonly height: number;
  /** Half the width of the crown. */
  readonly radius: number;
  readonly tint: number;
  readonly part: number;
}

const CANDIDATES = 900;
const NEAR = 9;
const DISTANT = 150;
/** Parts below belong to houses. */
const FIRST_PART = 512;

/** Woods, groves and single trees, a few of them large and near; sorted from near to far. */
export function plantTrees(chance: Chance, land: Terrain, camera: Camera, houses: readonly House[]): Tree[] {
  const conifers = chance.pick([chance.between(0, 0.25), chance.between(0.3, 0.9)]);
  const trees: Tree[] = [];
  const clearing = chance.between(12, 55);
  const plant = (x: number, z: number, needles: number): void => {
    if (mayStand(land, houses, x, z)) trees.push(grow(chance, land, needles, x, z, trees.length));
  };
  for (let k = 0; k < CANDIDATES; k++) {
    const t = chance.between(0, 1);
    const z = mix(NEAR, DISTANT, t * t);
    const x = chance.between(-1.1, 1.1) * camera.lens * z;
    const grove = fbm((x + land.origin) / 22, (z - land.origin) / 22, 2);
    const lane = z < clearing && Math.abs(x) < 0.55 * camera.lens * z;
    if (lane && !chance.happens(0.04)) continue;
    if (chance.between(0.15, 0.75) < grove * 0.6 + land.woods * 0.4 - 0.12) plant(x, z, conifers);
  }
  // Every scene shows some leafy trees well, so that autumn and blossoms have something to do.
  const wanted = trees.length + Math.floor(chance.between(1.5, 4.5));
  for (let attempt = 0; attempt < 80 && trees.length < wanted; attempt++) {
    const z = chance.between(7.5, 28);
    plant(chance.pick([-1, 1]) * chance.between(0.3, 0.98) * camera.lens * z, z, 0);
  }
  return trees.sort((a, b) => a.z - b.z);
}

function mayStand(land: Terrain, houses: readonly House[], x: number, z: number): boolean {
  if (land.pathX !== null && Math.abs(offLine(land, land.pathX, PATH_SWING, x, z)) < 1.6) return false;
  const clear = houses.every((h) => {
    const near = (h.x - x) * (h.x - x) + (h.z - z) * (h.z - z) < 14;
    const hides = z < h.z && Math.abs(x - (h.x * z) / h.z) < 2.4;
    return !near && !hides;
  });
  if (!clear) return false;
  const ground = groundHeight(land, x, z);
  return ground > 0.3 && Math.abs(groundHeight(land, x + 1, z) - ground) < 0.9;
}

function grow(chance: Chance, land: Terrain, conifers: number, x: number, z: number, nth: number): Tree {
  const young = chance.between(0.65, 1.15);
  const kind = kindOf(chance.between(0, 1), conifers);
  const height = { round: 6, tall: 8, conifer: 7.5, bush: 1.6 }[kind] * young;
  const spread = { round: 0.42, tall: 0.17, conifer: 0.24, bush: 0.8 }[kind];
  return {
    kind,
    x,
    z,
    base: groundHeight(land, x, z) - 0.1,
    height,
    radius: height * spread * chance.between(0.85, 1.15),
    tint: hash(nth, 77),
    part: FIRST_PART + nth,
  };
}

function kindOf(t: number, conifers: number): Tree['kind'] {
  if (t < conifers) return 'conifer';
  const rest = (t - conifers) / (1 - conifers);
  return rest < 0.66 ? 'round' : rest < 0.8 ? 'tall' : 'bush';
}
