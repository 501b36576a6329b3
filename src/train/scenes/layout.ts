import { type Camera, drawCamera } from './camera.ts';
import { type Chance, openChance } from './chance.ts';
import { plantTrees, type Tree } from './planting.ts';
import { drawTerrain, type Terrain } from './terrain.ts';
import { buildVillage, type House } from './village.ts';

export interface Sun {
  /** Unit vector, horizontal, to the side that lights the scene. */
  readonly x: number;
  readonly z: number;
  /** Sine of the elevation. */
  readonly rise: number;
  /** Its disc in the picture, fractions of the width and height. */
  readonly column: number;
  readonly row: number;
  /** 0 cool noon to 1 warm afternoon. */
  readonly warmth: number;
}

export interface Sky {
  /** Share of the sky under clouds. */
  readonly cover: number;
  readonly cloudSize: number;
  readonly origin: number;
}

/** Choices of colour that differ from scene to scene, each 0..1. */
export interface Season {
  /** Lush to dry grass. */
  readonly dry: number;
  /** Light to dark leaves. */
  readonly leaf: number;
  /** Pale to deep sky. */
  readonly deep: number;
  /** Clear to hazy air. */
  readonly haze: number;
  readonly roof: number;
}

/** A scene before it is drawn: everything that its seed decides. */
export interface Layout {
  readonly camera: Camera;
  readonly sun: Sun;
  readonly sky: Sky;
  readonly season: Season;
  readonly terrain: Terrain;
  readonly houses: readonly House[];
  /** From near to far. */
  readonly trees: readonly Tree[];
}

/** The scene of a seed. */
export function drawLayout(seed: number): Layout {
  const chance = openChance(seed);
  const terrain = drawTerrain(chance);
  const camera = drawCamera(chance, terrain);
  const houses = buildVillage(chance, terrain, camera);
  return {
    camera,
    sun: drawSun(chance),
    sky: {
      cover: chance.between(0.1, 0.75),
      cloudSize: chance.between(0.7, 1.6),
      origin: chance.between(0, 900),
    },
    season: {
      dry: chance.between(0, 1),
      leaf: chance.between(0, 1),
      deep: chance.between(0, 1),
      haze: chance.between(0, 1),
      roof: chance.between(0, 1),
    },
    terrain,
    houses,
    trees: plantTrees(chance, terrain, camera, houses),
  };
}

function drawSun(chance: Chance): Sun {
  const x = chance.pick([-1, 1]) * chance.between(0.45, 0.9);
  return {
    x,
    z: -Math.sqrt(1 - x * x),
    rise: chance.between(0.4, 0.8),
    column: 0.5 + 0.42 * x,
    row: chance.between(0.08, 0.2),
    warmth: chance.between(0, 1),
  };
}
