import type { Camera } from './camera.ts';
import type { Chance } from './chance.ts';
import { groundHeight, type Terrain } from './terrain.ts';

/** A house with a ridge roof. Lengths in metres. */
export interface House {
  readonly x: number;
  readonly z: number;
  /** Height of the ground below it. */
  readonly base: number;
  /** Unit vector along the ridge. */
  readonly alongX: number;
  readonly alongZ: number;
  readonly halfLength: number;
  readonly halfWidth: number;
  readonly wall: number;
  readonly roof: number;
  /** A church has a tower at one end. */
  readonly tower: number;
  readonly tint: number;
  readonly part: number;
}

const ATTEMPTS = 60;

/** Up to eight houses around one place in the middle distance, on ground that can carry them. */
export function buildVillage(chance: Chance, land: Terrain, camera: Camera): House[] {
  const houses: House[] = [];
  const wanted = chance.happens(0.12) ? 0 : Math.floor(chance.between(1, 9));
  const church = chance.happens(0.3);
  let [x, z] = [0, 0];
  for (let attempt = 0; attempt < ATTEMPTS && houses.length < wanted; attempt++) {
    if (houses.length === 0) {
      z = chance.between(13, 36);
      x = chance.between(-0.7, 0.7) * camera.lens * z;
    }
    const spread = 3 + houses.length * 2.5;
    const px = x + chance.between(-spread, spread);
    const pz = Math.max(z + chance.between(-0.6, 1) * spread, 11);
    const house = raise(chance, land, px, pz, church && houses.length === 0, houses.length);
    // From high above, a near house would be all roof and leaning walls.
    const overlooked = camera.height - house.base > 0.45 * pz;
    if (overlooked || !standsWell(land, house)) continue;
    if (houses.every((other) => apart(house, other))) houses.push(house);
  }
  return houses;
}

function raise(chance: Chance, land: Terrain, x: number, z: number, church: boolean, nth: number): House {
  const turn = chance.between(-0.9, 0.9);
  const halfLength = chance.between(2, 3.4);
  return {
    x,
    z,
    base: groundHeight(land, x, z) - 0.25,
    alongX: (1 - turn * turn) / (1 + turn * turn),
    alongZ: (2 * turn) / (1 + turn * turn),
    halfLength: church ? halfLength + 1 : halfLength,
    halfWidth: chance.between(1.5, 2.2),
    wall: chance.between(2, 3.4) + (church ? 0.8 : 0),
    roof: chance.between(1.4, 2.6) + (church ? 0.6 : 0),
    tower: church ? chance.between(6.5, 9) : 0,
    tint: chance.between(0, 1),
    part: nth * 32 + 32,
  };
}

/** Dry and level enough under its corners. */
function standsWell(land: Terrain, house: House): boolean {
  const reach = house.halfLength;
  for (const [dx, dz] of [
    [-1, -1],
    [1, -1],
    [-1, 1],
    [1, 1],
  ] as const) {
    const ground = groundHeight(land, house.x + dx * reach, house.z + dz * reach);
    if (ground < 0.3 || Math.abs(ground - house.base) > 1.1) return false;
  }
  return true;
}

function apart(a: House, b: House): boolean {
  const dx = a.x - b.x;
  const dz = a.z - b.z;
  const reach = Math.max(a.halfLength, a.halfWidth) + Math.max(b.halfLength, b.halfWidth);
  return dx * dx + dz * dz > reach * reach;
}
