import { bloom } from './blur.ts';
import { add, type Paint, rgb } from './colour.ts';
import { fade } from './curves.ts';
import type { Recipe } from './recipe.ts';
import { Material, type Samples } from './samples.ts';
import { starLight, sunDisc, sunDistance, sunGlow, tonedSky } from './skies.ts';

const SUNSET = rgb('#ffdc8a');
const EMBER = rgb('#ff7a3c');
const DUSK_SKY = {
  low: rgb('#ffb070'),
  high: rgb('#5b4a86'),
  dark: rgb('#6f4f7c'),
  lit: rgb('#ff9a6e'),
  steep: 5,
};

/** The sun stands on the horizon of its side of the picture, and lights everything from there. */
const dusk: Recipe = {
  name: 'dusk',
  prompt: 'the landscape at dusk, with the sun setting in an orange and violet sky',
  look: (day, samples) => {
    const row = Math.max(samples.layout.camera.horizon - 0.07, 0.05);
    return {
      light: {
        sun: [1.0, 0.46, 0.18],
        ambient: [0.2, 0.15, 0.24],
        rise: 0.22,
        haze: rgb('#d98a6a'),
        thickness: day.light.thickness * 1.4,
      },
      surface: day.surface,
      sky: tonedSky(samples, DUSK_SKY, (i, c) => {
        add(c, EMBER, 0.5 * fade(sunDistance(samples, i, row) * 3.5));
        sunGlow(samples, i, c, SUNSET, row, 0.5);
        sunDisc(samples, i, c, SUNSET, row, 0.05);
      }),
      water: day.water && { ...day.water, deep: rgb('#4a3a52') },
    };
  },
};

const LAMP = rgb('#ffc765');
const MOON = rgb('#f2f0dc');
const STAR = rgb('#e8ecff');

/** Two windows in three are lit at night. */
function lampGlow({ material, tint, grain }: Samples): (i: number, c: Paint) => void {
  return (i, c) => {
    if (material[i] === Material.window && tint[i]! < 0.67) add(c, LAMP, grain[i] === 0 ? 0.5 : 1.6);
  };
}

/** Moonlight from the sun's side, stars where no cloud hides them, lamps behind the windows. */
const night: Recipe = {
  name: 'night',
  prompt: 'the landscape at night, with moon, stars and lit windows',
  look: (day, samples) => ({
    light: {
      sun: [0.06, 0.1, 0.2],
      ambient: [0.018, 0.03, 0.075],
      rise: day.light.rise,
      haze: rgb('#1a2540'),
      thickness: day.light.thickness * 1.5,
    },
    surface: day.surface,
    glow: lampGlow(samples),
    sky: tonedSky(
      samples,
      { low: rgb('#27365a'), high: rgb('#070c1e'), dark: rgb('#141c30'), lit: rgb('#3a4866') },
      (i, c) => {
        add(c, STAR, 0.9 * starLight(samples, i));
        sunGlow(samples, i, c, MOON, samples.layout.sun.row, 0.12);
        sunDisc(samples, i, c, MOON, samples.layout.sun.row, 0.036);
      },
    ),
    water: day.water && { ...day.water, deep: rgb('#0a1526') },
  }),
  finish: (canvas) => bloom(canvas, 0.35, 0.07, 1.1),
};

/** What the hour of the day does to the light. */
export const hours: readonly Recipe[] = [dusk, night];
