import { bloom } from './blur.ts';
import { add, blend, dim, type Paint, type Rgb, rgb, setTo } from './colour.ts';
import { clamp01, fade, mix, smooth } from './curves.ts';
import type { Canvas, Look } from './look.ts';
import { fbm } from './noise.ts';
import { lineWidth, outline } from './outlines.ts';
import type { Recipe } from './recipe.ts';
import { acrossOf, asideOf, downOf, Material, type Samples } from './samples.ts';
import { sunDisc, sunDistance, sunGlow, tonedSky } from './skies.ts';

const CORALS = [rgb('#ff7d6b'), rgb('#ffb255'), rgb('#d86bd0'), rgb('#ff5f8f'), rgb('#f7e08a')] as const;
const SEABED = rgb('#cdbf93');
const KELP = rgb('#5c7a2e');
const DEEP_SEA = rgb('#0f5f86');
const SHALLOWS = rgb('#7fe0e0');
const SUNBEAM: Rgb = [0.4, 0.75, 0.7];

/** The land at the bottom of the sea: light dances on it, trees are corals, far things turn blue. */
const sunken: Recipe = {
  name: 'sunken',
  prompt: 'the landscape sunken in the sea, with corals for trees and dancing light',
  look: (day, samples) => {
    const { material, grain, tint, depth, height, up } = samples;
    return {
      light: {
        ...day.light,
        sun: [0.55, 0.95, 0.98],
        ambient: [0.14, 0.36, 0.44],
        haze: DEEP_SEA,
        thickness: 0.02,
      },
      surface: (i, c) => {
        const m = material[i]!;
        day.surface(i, c);
        if (m === Material.leaf) setTo(c, CORALS[Math.floor(tint[i]! * CORALS.length)] ?? CORALS[0]);
        else if (m === Material.needle) setTo(c, KELP);
        else if (m < Material.rock) blend(c, SEABED, 0.8);
        dim(c, 0.6 + 0.8 * grain[i]!);
      },
      glow: (i, c) => {
        const ripple = fbm(asideOf(samples, i) * 0.9, (depth[i]! + height[i]!) * 0.9, 2);
        const caustic = smooth(0.86, 0.99, 1 - Math.abs(2 * ripple - 1));
        add(c, SUNBEAM, 0.7 * caustic * Math.max(0, up[i]!) * fade(depth[i]! / 50));
      },
      sky: (i, c) => {
        setTo(c, DEEP_SEA);
        blend(c, SHALLOWS, 0.8 * smooth(-0.1, 0.9, height[i]!));
        const below = downOf(samples, i) + 0.25;
        const ray = fbm(((acrossOf(samples, i) - samples.layout.sun.column) / below) * 7 + 50, 3, 2);
        add(c, SUNBEAM, 0.5 * smooth(0.5, 0.75, ray) * fade(below * 1.6));
        add(c, SHALLOWS, fade(sunDistance(samples, i, 0) * 7));
      },
      water: null,
    };
  },
};

const VOID = rgb('#12071f');
const CYAN: Rgb = [0.05, 0.95, 1.2];
const MAGENTA: Rgb = [1.3, 0.08, 0.85];
const AMBER: Rgb = [1.4, 0.85, 0.15];
const NEON_HAZE = rgb('#4b1760');
const NEON_LOW = rgb('#ff4f9a');
const NEON_HIGH = rgb('#1c0b3a');
const NEON_WATER = rgb('#0a0f3a');

/** Glowing outlines on black, a luminous grid over the land, a striped sun. */
const neon: Recipe = {
  name: 'neon',
  prompt: 'the landscape in neon outlines, with a glowing grid and a retro sun',
  look: (day, samples) => {
    const { material, depth } = samples;
    return {
      light: {
        ...day.light,
        sun: [0.5, 0.4, 0.7],
        ambient: [0.3, 0.2, 0.45],
        haze: NEON_HAZE,
        thickness: 0.002,
      },
      surface: (_, c) => setTo(c, VOID),
      glow: (i, c) => {
        const m = material[i]!;
        if (m === Material.window) add(c, AMBER, 0.8);
        if (m >= Material.rock || m === Material.water) return;
        const wide = (depth[i]! / samples.focal) * 1.3;
        const grid = Math.max(gridLine(asideOf(samples, i) / 2, wide / 2), gridLine(depth[i]! / 2, wide));
        add(c, MAGENTA, 0.75 * grid * fade(depth[i]! / 60));
      },
      sky: neonSky(samples),
      water: { level: 0, deep: NEON_WATER, shine: 0.8, ripple: 0.4 },
    };
  },
  finish: (canvas, samples) => bloom(drawTubes(canvas, samples), 0.5, 0.03, 0.7),
};

function neonSky(samples: Samples): Look['sky'] {
  const row = Math.max(samples.layout.camera.horizon - 0.16, 0.12);
  return (i, c) => {
    setTo(c, NEON_LOW);
    blend(c, NEON_HIGH, smooth(-0.05, 0.5, samples.height[i]!));
    const below = downOf(samples, i) - row;
    const slit = below > -0.03 && (below * 28) % 1 < 0.35;
    if (sunDistance(samples, i, row) > 0.14 || slit) return;
    setTo(c, [1, mix(0.75, 0.1, clamp01(below * 4 + 0.5)), 0.25]);
  };
}

/** Houses glow amber, trees cyan, the land magenta. */
function drawTubes(canvas: Canvas, samples: Samples): Canvas {
  const lines = outline(samples, lineWidth(samples, 5, 2));
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] === 0) continue;
    const m = samples.material[i]!;
    const light = m >= Material.wall ? AMBER : m >= Material.leaf ? CYAN : MAGENTA;
    const c: Paint = [canvas.rgb[i * 3]!, canvas.rgb[i * 3 + 1]!, canvas.rgb[i * 3 + 2]!];
    blend(c, light, lines[i]!);
    canvas.rgb.set(c, i * 3);
  }
  return canvas;
}

/** 1 on the lines at whole numbers, soft over `width`; fainter where the lines would run together. */
function gridLine(x: number, width: number): number {
  const off = 0.5 - Math.abs(x - Math.floor(x) - 0.5);
  return smooth(width + 0.02, 0.5 * width, off) * Math.min(1, 0.25 / width);
}

const FLOSS = [rgb('#ffb3d9'), rgb('#b8e0ff'), rgb('#fff0a8'), rgb('#d9b8ff')] as const;
const MINT = rgb('#a8ecc0');
const BUBBLEGUM = rgb('#ffd0e6');
const CHOCOLATE = rgb('#6b3b24');
const CREAM = rgb('#fff4e2');
const CANDY_SUN = rgb('#fff3b0');
const CANDY_HAZE = rgb('#ffdcec');
const CANDY_SKY = { low: rgb('#ffe3ef'), high: rgb('#9fdcf2'), dark: rgb('#f0b6dc'), lit: rgb('#fff5fb') };
const MILKSHAKE = rgb('#f48fb8');
const SWEETS: Readonly<Record<number, Rgb>> = {
  [Material.needle]: rgb('#7fcfa0'),
  [Material.grass]: MINT,
  [Material.field]: MINT,
  [Material.path]: rgb('#e0a04e'),
  [Material.sand]: CREAM,
  [Material.snowcap]: CREAM,
  [Material.rock]: rgb('#e7a8c0'),
  [Material.window]: rgb('#8fd3f4'),
  [Material.wood]: CREAM,
};

/** Candyfloss trees, mint grass, chocolate roofs with icing, mountains of ice cream. */
const candy: Recipe = {
  name: 'candy',
  prompt: 'the landscape made of candy, with candyfloss trees and chocolate roofs',
  look: (day, samples) => ({
    light: { ...day.light, ambient: [0.5, 0.46, 0.54], haze: CANDY_HAZE },
    surface: (i, c) => {
      const m = samples.material[i]!;
      const tint = samples.tint[i]!;
      if (m === Material.leaf) setTo(c, FLOSS[Math.floor(tint * FLOSS.length)] ?? FLOSS[0]);
      else if (m === Material.wall) setTo(c, FLOSS[Math.floor(((tint * 7) % 1) * FLOSS.length)] ?? FLOSS[0]);
      else setTo(c, SWEETS[m] ?? CHOCOLATE);
      if (m === Material.grass || m === Material.field)
        blend(c, BUBBLEGUM, smooth(0.5, 0.6, samples.patch[i]!));
      if (m === Material.roof) blend(c, CREAM, smooth(0.35, 0.75, samples.grain[i]!));
      if (m === Material.needle) blend(c, CREAM, 0.9 * smooth(0.3, 0.6, samples.up[i]!));
      dim(c, 0.88 + 0.24 * samples.grain[i]!);
    },
    sky: tonedSky(samples, CANDY_SKY, (i, c) => {
      sunGlow(samples, i, c, CANDY_SUN, samples.layout.sun.row, 0.4);
      sunDisc(samples, i, c, CANDY_SUN, samples.layout.sun.row, 0.04);
    }),
    water: { level: 0, deep: MILKSHAKE, shine: 0.45, ripple: 0.4 },
  }),
};

/** Places that never were. */
export const wonders: readonly Recipe[] = [sunken, neon, candy];
