import { between, blend, dim, type Rgb, rgb, setTo } from './colour.ts';
import { clamp01, mix, smooth } from './curves.ts';
import type { Look } from './look.ts';
import { Material, type Samples } from './samples.ts';
import { sunDisc, sunGlow, tonedSky } from './skies.ts';

const LUSH = rgb('#6b9638');
const DRY = rgb('#a3984c');
const CROPS = [rgb('#cdb355'), rgb('#7fa03c'), rgb('#93704a'), rgb('#b7b04a'), rgb('#5f8a3a')] as const;
const YOUNG_LEAF = rgb('#86a63a');
const OLD_LEAF = rgb('#44702a');
const NEEDLE = rgb('#2e5638');
const NEEDLE_TIP = rgb('#4b7446');
const WALLS = [rgb('#efe6d2'), rgb('#f4f1ea'), rgb('#d9b98a'), rgb('#c98f6a'), rgb('#b9b2a6')] as const;
const ROOFS = [rgb('#a8502e'), rgb('#8a3f2c'), rgb('#5b626c'), rgb('#7a5a3c')] as const;
const WATER_BED = rgb('#2b5568');

/** Colour of everything that has one colour whatever the scene. */
const PLAIN: Readonly<Record<number, Rgb>> = {
  [Material.water]: WATER_BED,
  [Material.path]: rgb('#b89f74'),
  [Material.sand]: rgb('#cdbb8c'),
  [Material.rock]: rgb('#8b857c'),
  [Material.snowcap]: rgb('#f5f7fb'),
  [Material.wood]: rgb('#66503a'),
  [Material.window]: rgb('#3c4853'),
  [Material.stone]: rgb('#8f857a'),
};

/** The plain look: a clear day, lit from the side. */
export function dayLook(samples: Samples): Look {
  const { season, sun } = samples.layout;
  const haze = between(rgb('#c3d6e6'), rgb('#d9dcdc'), season.haze);
  return {
    light: {
      sun: between([1.02, 1, 0.95], [1.12, 0.96, 0.72], sun.warmth),
      ambient: [0.36, 0.41, 0.48],
      rise: sun.rise,
      haze,
      thickness: mix(0.0011, 0.003, season.haze),
    },
    surface: daySurface(samples),
    sky: daySky(samples, haze),
    water: { level: 0, deep: between(rgb('#2c5f78'), rgb('#3f6f6a'), season.dry), shine: 0.92, ripple: 0.5 },
  };
}

function choose(list: readonly Rgb[], t: number): Rgb {
  return list[Math.floor(t * list.length * 0.9999)] ?? [1, 0, 1];
}

/** Colours by material, broken up by texture. */
export function daySurface(samples: Samples): Look['surface'] {
  const { material, grain, patch, tint, layout } = samples;
  const { season } = layout;
  const grass = between(LUSH, DRY, season.dry * 0.8);
  return (i, c) => {
    const t = tint[i]!;
    let contrast = 0.35;
    switch (material[i]) {
      case Material.grass:
        setTo(c, grass);
        blend(c, DRY, 0.45 * smooth(0.45, 0.8, patch[i]!));
        blend(c, LUSH, 0.4 * smooth(0.5, 0.2, patch[i]!));
        contrast = 0.5;
        break;
      case Material.field:
        setTo(c, choose(CROPS, t));
        contrast = 0.45;
        break;
      case Material.leaf:
        setTo(c, OLD_LEAF);
        blend(c, YOUNG_LEAF, clamp01(0.75 * t + 0.5 * (1 - season.leaf) - 0.2));
        contrast = 0.9;
        break;
      case Material.needle:
        setTo(c, NEEDLE);
        blend(c, NEEDLE_TIP, 0.5 * t + 0.4 * grain[i]!);
        contrast = 0.6;
        break;
      case Material.wall:
        setTo(c, choose(WALLS, t));
        contrast = 0.15;
        break;
      case Material.roof:
        setTo(c, choose(ROOFS, (t * 3 + season.roof) % 1));
        contrast = 0.4;
        break;
      case Material.window:
        setTo(c, grain[i] === 0 ? WALLS[0] : PLAIN[Material.window]!);
        contrast = 0;
        break;
      default:
        setTo(c, PLAIN[material[i]!] ?? WATER_BED);
    }
    dim(c, 1 + contrast * (grain[i]! - 0.5));
  };
}

/** Blue that deepens upwards, the sun's disc and its glow, clouds in front. */
function daySky(samples: Samples, low: Rgb): Look['sky'] {
  const { season, sun } = samples.layout;
  const high = between(rgb('#7fb0dc'), rgb('#3f7ec4'), season.deep);
  const disc = between(rgb('#fff6e0'), rgb('#ffe2a8'), sun.warmth);
  const lit = between(rgb('#ffffff'), rgb('#fff3de'), sun.warmth);
  return tonedSky(samples, { low, high, dark: rgb('#a9b4c2'), lit }, (i, c) => {
    sunGlow(samples, i, c, disc, sun.row, 0.6);
    sunDisc(samples, i, c, disc, sun.row, 0.036);
  });
}
