import { blend, dim, rgb, setTo } from './colour.ts';
import { clamp01, fade, mix, smooth } from './curves.ts';
import type { Recipe } from './recipe.ts';
import { Material, type Samples } from './samples.ts';
import { tonedSky } from './skies.ts';

const GOLD = rgb('#e8b22c');
const ORANGE = rgb('#d9702a');
const CRIMSON = rgb('#a82f26');

/** Leaves turn, tree by tree; needles, ground and sky keep their colours. */
const autumn: Recipe = {
  name: 'autumn',
  prompt: 'the landscape in autumn, with red and yellow leaves',
  look: (day, samples) => {
    const { material, tint, grain } = samples;
    return {
      ...day,
      surface: (i, c) => {
        day.surface(i, c);
        if (material[i] !== Material.leaf) return;
        const turned = clamp01(tint[i]! + 0.3 * (grain[i]! - 0.5));
        setTo(c, GOLD);
        blend(c, ORANGE, smooth(0.25, 0.55, turned));
        blend(c, CRIMSON, smooth(0.6, 0.9, turned));
        dim(c, 0.7 + 0.6 * grain[i]!);
      },
    };
  },
};

const SNOW = rgb('#f3f6fb');
const TWIGS = rgb('#7d6c60');
const ICE = rgb('#9db6c6');

/** Share of a sample that snow hides: what looks up catches it, paths and rocks less. */
function snowCover(samples: Samples, i: number): number {
  const up = samples.up[i]! + 0.5 * (samples.grain[i]! - 0.5);
  switch (samples.material[i]) {
    case Material.leaf:
      return 0.92 * smooth(0.1, 0.6, up);
    case Material.needle:
      return 0.92 * smooth(0.25, 0.7, up);
    case Material.wood:
    case Material.wall:
    case Material.window:
    case Material.stone:
      return 0;
    case Material.rock:
      return 0.95 * smooth(0.45, 0.75, up);
    case Material.path:
      return 0.72;
    case Material.field:
      return 0.88;
    default:
      return 0.97;
  }
}

/** Snow on ground, roofs and tree tops, bare twigs below it, water under ice, a wintry sky. */
const snow: Recipe = {
  name: 'snow',
  prompt: 'the landscape in winter, under deep snow',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [0.72, 0.72, 0.74],
      ambient: [0.42, 0.46, 0.54],
      haze: rgb('#d3dbe4'),
      thickness: day.light.thickness * 1.6,
    },
    surface: (i, c) => {
      day.surface(i, c);
      if (samples.material[i] === Material.leaf) {
        setTo(c, TWIGS);
        dim(c, 0.55 + 0.8 * samples.grain[i]!);
      }
      blend(c, SNOW, snowCover(samples, i));
      dim(c, 0.94 + 0.12 * samples.grain[i]!);
    },
    sky: tonedSky(samples, {
      low: rgb('#dbe2ea'),
      high: rgb('#9fb4c9'),
      dark: rgb('#b3bfcc'),
      lit: rgb('#eef2f6'),
      overcast: 0.35,
    }),
    water: { level: 0, deep: ICE, shine: 0.45, ripple: 0.1 },
  }),
};

const PETAL = rgb('#f4a9c4');
const PALE_PETAL = rgb('#fde3ec');
const DEEP_PETAL = rgb('#d6749c');

/** Every leafy crown in bloom; nothing else changes. */
const blossoms: Recipe = {
  name: 'blossoms',
  prompt: 'the landscape with pink blossoms on the trees',
  look: (day, samples) => ({
    ...day,
    surface: (i, c) => {
      day.surface(i, c);
      if (samples.material[i] !== Material.leaf) return;
      const g = samples.grain[i]!;
      setTo(c, PETAL);
      blend(c, PALE_PETAL, smooth(0.45, 0.8, g));
      blend(c, DEEP_PETAL, smooth(0.45, 0.15, g) * mix(0.5, 1, samples.tint[i]!));
    },
  }),
};

const POPPY = rgb('#e2331f');
const LAVENDER = rgb('#8f5fc8');
const BUTTERCUP = rgb('#ffd83a');
const DAISY = rgb('#fffdf4');

/** A carpet of flowers on all grass, in drifts of one kind each. */
const meadow: Recipe = {
  name: 'meadow',
  prompt: 'the landscape with meadows full of red, purple and yellow flowers',
  look: (day, samples) => ({
    ...day,
    surface: (i, c) => {
      day.surface(i, c);
      const material = samples.material[i];
      if (material !== Material.grass && material !== Material.field) return;
      const g = samples.grain[i]!;
      const drift = samples.patch[i]! + 0.12 * (g - 0.5);
      const flower = drift < 0.42 ? LAVENDER : drift < 0.5 ? POPPY : drift < 0.58 ? BUTTERCUP : LAVENDER;
      blend(c, flower, 0.9 * smooth(0.32, 0.5, g) * mix(0.35, 1, fade(samples.depth[i]! / 90)));
      blend(c, DAISY, 0.7 * smooth(0.76, 0.84, g) * fade(samples.depth[i]! / 50));
    },
  }),
};

/** What the time of year does to the land. */
export const seasons: readonly Recipe[] = [autumn, snow, blossoms, meadow];
