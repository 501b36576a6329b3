import { add, blend, dim, rgb, setTo } from './colour.ts';
import { fade, mix, smooth } from './curves.ts';
import type { Canvas } from './look.ts';
import { fbm, hash } from './noise.ts';
import type { Recipe } from './recipe.ts';
import { acrossOf, downOf, Material, type Samples } from './samples.ts';
import { sunDistance, sunGlow, tonedSky } from './skies.ts';

const MIST = rgb('#c9d0d4');
const PALE_SUN = rgb('#fbf6ea');
const FOGGY_WATER = rgb('#71838b');

/** White air that swallows things the sooner the further they are. */
const fog: Recipe = {
  name: 'fog',
  prompt: 'the landscape in thick fog',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [0.25, 0.25, 0.24],
      ambient: [0.42, 0.44, 0.46],
      haze: MIST,
      thickness: 0.034,
    },
    surface: day.surface,
    sky: (i, c) => {
      setTo(c, MIST);
      sunGlow(samples, i, c, PALE_SUN, samples.layout.sun.row, 0.22);
    },
    water: day.water && { ...day.water, deep: FOGGY_WATER, ripple: 0.25 },
  }),
};

const SHOWER = rgb('#8b98a3');
const RAIN_SKY = {
  low: SHOWER,
  high: rgb('#5d6973'),
  dark: rgb('#56616b'),
  lit: rgb('#95a0a9'),
  overcast: 0.9,
};
const RAIN_WATER = rgb('#46555e');

/** How much of the sky a thing shows when wet. */
function wetShine(samples: Samples, i: number): number {
  const material = samples.material[i];
  if (material === Material.path || material === Material.roof) return 0.55;
  return material === Material.sand || material === Material.stone ? 0.3 : 0.12;
}

/** A closed grey sky, wet roofs and paths, streaks of rain. */
const rain: Recipe = {
  name: 'rain',
  prompt: 'the landscape in heavy rain, under a grey sky',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [0.1, 0.1, 0.1],
      ambient: [0.36, 0.4, 0.45],
      haze: SHOWER,
      thickness: 0.011,
    },
    surface: (i, c) => {
      day.surface(i, c);
      dim(c, 0.72);
    },
    glow: (i, c) => {
      const facing = Math.max(0, samples.up[i]!) * (0.4 + 0.5 * samples.patch[i]!);
      add(c, SHOWER, wetShine(samples, i) * facing);
    },
    sky: tonedSky(samples, RAIN_SKY),
    water: day.water && { ...day.water, deep: RAIN_WATER, shine: 0.7, ripple: 1.4 },
  }),
  finish: (canvas) => drawStreaks(canvas),
};

/** Slanted threads of rain, each about a tenth of the picture long. */
function drawStreaks(canvas: Canvas): Canvas {
  const { side, rgb: light } = canvas;
  const lane = Math.max(2, side / 96);
  for (let i = 0; i < side * side; i++) {
    const y = Math.floor(i / side);
    const column = Math.floor(((i % side) + y * 0.22) / lane);
    const along = y / side / 0.14 + hash(column, 3) * 9;
    if (hash(column, Math.floor(along)) < 0.8) continue;
    const t = along - Math.floor(along);
    const bright = 0.27 * smooth(0, 0.4, t) * smooth(1, 0.7, t);
    for (let k = i * 3; k < i * 3 + 3; k++) light[k] = mix(light[k]!, 0.72, bright);
  }
  return canvas;
}

const FLASH = rgb('#e9e6ff');
const GLOOM = rgb('#3d4a58');
const STORM_SKY = {
  low: rgb('#6d7a80'),
  high: rgb('#1b222d'),
  dark: rgb('#12161e'),
  lit: rgb('#4a5564'),
  overcast: 0.8,
};
const STORM_WATER = rgb('#1c2a33');

/** Black clouds, and a flash of lightning that lights the land from the sun's side. */
const storm: Recipe = {
  name: 'storm',
  prompt: 'the landscape in a thunderstorm, with black clouds and lightning',
  look: (day, samples) => {
    const clouds = tonedSky(samples, STORM_SKY);
    return {
      light: {
        ...day.light,
        sun: [0.5, 0.52, 0.66],
        ambient: [0.15, 0.16, 0.2],
        haze: GLOOM,
        thickness: 0.006,
      },
      surface: (i, c) => {
        day.surface(i, c);
        blend(c, GLOOM, 0.3);
      },
      sky: (i, c) => {
        clouds(i, c);
        add(c, FLASH, 0.35 * fade(sunDistance(samples, i, samples.layout.sun.row) * 5));
        const bolt = boltLight(samples, i);
        if (bolt > 0.6) setTo(c, FLASH);
        add(c, FLASH, 0.45 * bolt);
      },
      water: day.water && { ...day.water, deep: STORM_WATER, ripple: 1.2 },
    };
  },
};

/** A jagged line from above the sun's place down to the horizon: 1 on it, fading sideways. */
function boltLight(samples: Samples, i: number): number {
  const y = downOf(samples, i);
  const jag = 0.16 * (fbm(y * 9, 4, 3) - 0.5) + 0.03 * (hash(Math.floor(y * 40), 8) - 0.5);
  const off = acrossOf(samples, i) - samples.layout.sun.column - jag * smooth(0, 0.2, y);
  return fade(Math.abs(off) * 130);
}

/** What the weather does. */
export const weather: readonly Recipe[] = [fog, rain, storm];
