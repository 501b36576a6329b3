import { add, blend, type Rgb, rgb } from './colour.ts';
import { fade } from './curves.ts';
import type { Recipe } from './recipe.ts';
import { acrossOf, downOf, Material, type Samples } from './samples.ts';
import { sunDisc, sunDistance, tonedSky } from './skies.ts';
import { followForm, paintStrokes, swirl, unit } from './strokes.ts';

const COBALT = rgb('#1d3f94');
const STARRY: Rgb = [1, 0.86, 0.3];
const PALE_BLUE = rgb('#8fb4e0');
const BLUE_AIR = rgb('#4a72b4');
const CYPRESS = rgb('#12302c');
const MOON = rgb('#ffb52e');
const NIGHT_WATER = rgb('#173a7c');
const STARRY_SKY = { low: rgb('#7fa6d0'), high: COBALT, dark: rgb('#2c55a4'), lit: rgb('#c6d8e4'), steep: 3 };

/** The stars: across, down, and size, in widths of the picture. */
const HALOS = [
  [0.1, 0.09, 0.05],
  [0.3, 0.2, 0.045],
  [0.47, 0.07, 0.055],
  [0.66, 0.24, 0.045],
  [0.84, 0.1, 0.05],
  [0.95, 0.3, 0.04],
] as const;

/** Brightness of the rings of light around the stars. */
function haloLight(samples: Samples, i: number): number {
  let light = 0;
  for (const [x, y, size] of HALOS) {
    const dx = acrossOf(samples, i) - x;
    const dy = downOf(samples, i) - y;
    const off = Math.sqrt(dx * dx + dy * dy) / size;
    light = Math.max(light, fade(off * off * 2.2) * (0.75 + 0.25 * Math.abs(1 - 2 * ((off * 2) % 1))));
  }
  return light;
}

/** A night of thick swirling strokes, in cobalt and yellow. */
export const starry: Recipe = {
  name: 'starry',
  prompt: 'the landscape as a starry night by van Gogh, in thick swirling strokes',
  look: (day, samples) => ({
    light: {
      ...day.light,
      sun: [0.62, 0.7, 0.6],
      ambient: [0.2, 0.27, 0.5],
      haze: BLUE_AIR,
      thickness: day.light.thickness * 3,
    },
    surface: (i, c) => {
      day.surface(i, c);
      blend(c, samples.material[i] === Material.needle ? CYPRESS : COBALT, 0.28);
    },
    glow: (i, c) => {
      if (samples.material[i] === Material.window) add(c, STARRY, 0.9);
    },
    sky: tonedSky(samples, STARRY_SKY, (i, c) => {
      blend(c, STARRY, 0.9 * haloLight(samples, i));
      blend(c, STARRY, 0.75 * fade(sunDistance(samples, i, samples.layout.sun.row) * 11));
      sunDisc(samples, i, c, MOON, samples.layout.sun.row, 0.05);
    }),
    water: day.water && { ...day.water, deep: NIGHT_WATER },
  }),
  finish: (canvas, samples) =>
    paintStrokes(canvas, samples, {
      length: 0.085,
      width: 0.0155,
      variety: 0.9,
      direction: (i) => starryDirection(samples, i),
      accent: (i, chance) => [PALE_BLUE, samples.material[i] === Material.sky && chance > 0.8 ? 0.4 : 0],
    }),
};

/** Around the moon and the stars the sky turns in rings; elsewhere it swirls; cypresses flame upwards. */
function starryDirection(samples: Samples, i: number): readonly [number, number] {
  const { layout } = samples;
  if (samples.material[i] !== Material.sky) {
    return samples.part[i] === 0 || samples.material[i] === Material.leaf
      ? swirl(samples, i, 9)
      : followForm(samples, i);
  }
  for (const [x, y, size] of [[layout.sun.column, layout.sun.row, 0.09] as const, ...HALOS]) {
    const dx = acrossOf(samples, i) - x;
    const dy = downOf(samples, i) - y;
    if (dx * dx + dy * dy < size * size * 2.2) return unit(-dy, dx);
  }
  return swirl(samples, i, 4);
}
