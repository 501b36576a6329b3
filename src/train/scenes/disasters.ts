import { bloom } from './blur.ts';
import { type Cell, cellAt } from './cells.ts';
import { add, blend, dim, type Paint, type Rgb, rgb, setTo, tinge } from './colour.ts';
import { fade, smooth } from './curves.ts';
import type { Recipe } from './recipe.ts';
import { asideOf, Material, type Samples } from './samples.ts';
import { sunDisc, sunGlow, tonedSky } from './skies.ts';

const MUDDY_WATER = rgb('#86774f');
/** Share of the near land that the flood takes. */
const FLOODED = 0.78;
/** Metres that the flood stays below the camera. */
const HEADROOM = 0.9;

/** Height below which {@link FLOODED} of the land nearby lies. */
function floodLevel({ part, depth, height, layout }: Samples): number {
  const heights: number[] = [];
  for (let i = 0; i < part.length; i += 3) {
    if (part[i] === 0 && depth[i]! < 70 && height[i]! > 0) heights.push(height[i]!);
  }
  heights.sort((a, b) => a - b);
  const level = heights[Math.floor(heights.length * FLOODED)] ?? 1;
  return Math.min(Math.max(level, 0.8), layout.camera.height - HEADROOM);
}

/** Muddy water over all low ground, with everything that still stands out mirrored in it. */
const flood: Recipe = {
  name: 'flood',
  prompt: 'the landscape flooded, with brown water over the low ground',
  look: (day, samples) => ({
    ...day,
    water: { level: floodLevel(samples), deep: MUDDY_WATER, shine: 0.55, ripple: 0.35 },
  }),
};

/** Distance of a sample's place on the land from the nearest crack of a net with cells of `size` metres. */
function crackDistance(samples: Samples, i: number, size: number, cell: Cell): number {
  cellAt(asideOf(samples, i) / size, samples.depth[i]! / (size * 1.25), cell);
  return cell.border;
}

const STRAW = rgb('#d8bd82');
const EARTH = rgb('#b98d5c');
const MUD = rgb('#a98a68');
const DEAD_LEAF = rgb('#9a7440');
const BARE_PEAK = rgb('#a89a86');
const DUST = rgb('#e8d2a4');
const GLARE = rgb('#fff6d8');
const DRY_SKY = {
  low: rgb('#f0dcae'),
  high: rgb('#a9bcb8'),
  dark: rgb('#d9c49a'),
  lit: rgb('#f4e6c4'),
  steep: 2.6,
};

/** Bleached ground that cracks, withered leaves, cracked mud where water was. */
const drought: Recipe = {
  name: 'drought',
  prompt: 'the landscape in a drought, parched, with cracked earth and withered trees',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [1.18, 1.0, 0.72],
      haze: DUST,
      thickness: day.light.thickness * 2 + 0.001,
    },
    surface: drySurface(samples, day.surface),
    sky: tonedSky(samples, DRY_SKY, (i, c) => sunGlow(samples, i, c, GLARE, samples.layout.sun.row, 0.9)),
    water: null,
  }),
};

function drySurface(samples: Samples, usual: (i: number, c: Paint) => void): (i: number, c: Paint) => void {
  const { material, grain, patch, depth } = samples;
  const cell: Cell = { column: 0, row: 0, border: 0 };
  const cracked = (i: number): number =>
    smooth(0.16, 0.05, crackDistance(samples, i, 1.35, cell)) * fade(depth[i]! / 40);
  return (i, c) => {
    switch (material[i]) {
      case Material.grass:
      case Material.field:
        setTo(c, STRAW);
        blend(c, EARTH, smooth(0.35, 0.65, patch[i]!));
        return dim(c, (0.85 + 0.3 * grain[i]!) * (1 - 0.45 * cracked(i) * smooth(0.4, 0.6, patch[i]!)));
      case Material.water:
        setTo(c, MUD);
        return dim(c, (0.9 + 0.2 * grain[i]!) * (1 - 0.75 * cracked(i)));
      case Material.leaf:
      case Material.needle:
        setTo(c, DEAD_LEAF);
        return dim(c, 0.35 + 1.1 * grain[i]!);
      case Material.snowcap:
        return setTo(c, BARE_PEAK);
      default:
        usual(i, c);
        return tinge(c, [1.1, 0.98, 0.82]);
    }
  };
}

const BASALT = rgb('#2e2a2b');
const CHARCOAL = rgb('#1c1817');
const MOLTEN: Rgb = [1.5, 0.34, 0.03];
const WHITE_HOT: Rgb = [2.0, 1.1, 0.25];
const SMOKE = rgb('#7a2a1a');
const RED_SUN = rgb('#ff9a5a');
const LAVA_SKY = {
  low: rgb('#c8492a'),
  high: rgb('#2a1518'),
  dark: rgb('#1d1416'),
  lit: rgb('#7d3524'),
  overcast: 0.35,
};

/** Water turns to lava, the ground to basalt with glowing cracks, the trees to charcoal. */
const lava: Recipe = {
  name: 'lava',
  prompt: 'a volcanic landscape, with rivers of lava and black rock',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [0.5, 0.26, 0.16],
      ambient: [0.26, 0.16, 0.15],
      haze: SMOKE,
      thickness: 0.0045,
    },
    surface: (i, c) => {
      const m = samples.material[i]!;
      day.surface(i, c);
      if (m === Material.leaf || m === Material.needle || m === Material.wood) setTo(c, CHARCOAL);
      else if (m < Material.leaf) setTo(c, BASALT);
      else dim(c, 0.45);
      dim(c, 0.6 + 0.8 * samples.grain[i]!);
    },
    glow: lavaGlow(samples),
    sky: tonedSky(samples, LAVA_SKY, (i, c) => {
      sunGlow(samples, i, c, RED_SUN, samples.layout.sun.row, 0.25);
      sunDisc(samples, i, c, RED_SUN, samples.layout.sun.row, 0.03);
    }),
    water: null,
  }),
  finish: (canvas) => bloom(canvas, 0.7, 0.05, 0.6),
};

/** Crusts float on the lava; elsewhere cracks and embers glow. */
function lavaGlow(samples: Samples): (i: number, c: Paint) => void {
  const { material, grain, patch, depth } = samples;
  const cell: Cell = { column: 0, row: 0, border: 0 };
  return (i, c) => {
    const m = material[i]!;
    if (m === Material.water) {
      const crust = smooth(0.1, 0.5, crackDistance(samples, i, 2.5, cell)) * (0.5 + 0.5 * grain[i]!);
      add(c, MOLTEN, 1 - 0.8 * crust);
      add(c, WHITE_HOT, 0.5 * smooth(0.16, 0.02, crust));
    } else if (m < Material.leaf) {
      const rift = smooth(0.4, 0.55, patch[i]!) * fade(depth[i]! / 45);
      if (rift > 0.01) add(c, MOLTEN, rift * smooth(0.1, 0.02, crackDistance(samples, i, 2.2, cell)));
    } else if (m === Material.leaf || m === Material.needle) {
      add(c, MOLTEN, 0.5 * smooth(0.66, 0.85, grain[i]!));
    }
  };
}

/** What befalls the land. */
export const disasters: readonly Recipe[] = [flood, drought, lava];
