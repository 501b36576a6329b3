import type { Chance } from './chance.ts';
import { groundHeight, type Terrain } from './terrain.ts';

/** A camera at x = z = 0 that looks along z, level; the picture's frame is shifted, so uprights stay upright. */
export interface Camera {
  /** Metres above the water's face. */
  readonly height: number;
  /** Where the horizon lies: 0 top, 1 bottom of the picture. */
  readonly horizon: number;
  /** Half the picture's width at one metre's distance. */
  readonly lens: number;
}

/** Chooses a camera above the ground around it: one in three looks down from higher up. */
export function drawCamera(chance: Chance, terrain: Terrain): Camera {
  let ground = 0;
  for (let z = 1; z < 16; z++) ground = Math.max(ground, groundHeight(terrain, 0, z));
  const eye = chance.happens(0.35) ? chance.between(6, 13) : chance.between(1.8, 5);
  return {
    height: ground + eye,
    horizon: eye > 5.5 ? chance.between(0.26, 0.42) : chance.between(0.38, 0.6),
    lens: chance.between(0.5, 0.75),
  };
}
