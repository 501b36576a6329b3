import { blurPlane } from './blur.ts';
import { blend, luminance, rgb } from './colour.ts';
import { clamp01, mix, smooth } from './curves.ts';
import type { Canvas } from './look.ts';
import { fbm, noise } from './noise.ts';
import { lineWidth, outline } from './outlines.ts';
import type { Recipe } from './recipe.ts';
import { starry } from './starry.ts';
import { followForm, paintStrokes } from './strokes.ts';

const PAPER = rgb('#fbf6ea');

/** Thin paint on wet paper: colours run a little, pigment gathers at edges and in the paper's grain. */
const watercolour: Recipe = {
  name: 'watercolour',
  prompt: 'a watercolour painting of the landscape, on rough paper',
  finish: (canvas, samples) => {
    const { side } = canvas;
    const wetEdges = blurPlane(outline(samples, lineWidth(samples, 5, 2)), side, 1, lineWidth(samples, 3, 1));
    const bled = bleed(canvas);
    const scale = 128 / side;
    for (let i = 0; i < side * side; i++) {
      const x = (i % side) * scale;
      const y = Math.floor(i / side) * scale;
      const cloudy = fbm(x / 14, y / 14, 3) - 0.5;
      const grain = noise(x * 1.3, y * 1.3) - 0.5;
      const margin = sheetMargin(x / 128, y / 128);
      const grey = luminance(bled[i * 3]!, bled[i * 3 + 1]!, bled[i * 3 + 2]!);
      const pigment = (0.98 + 0.7 * cloudy + 0.25 * grain + 0.5 * wetEdges[i]!) * margin;
      for (const k of [0, 1, 2] as const) {
        const tone = clamp01(0.05 + 1.05 * mix(grey, bled[i * 3 + k]!, 1.3));
        // A double layer of paint squares what a single one lets through.
        const through = pigment < 1 ? mix(1, tone, pigment) : mix(tone, tone * tone, pigment - 1);
        canvas.rgb[i * 3 + k] = PAPER[k] * through;
      }
    }
    return canvas;
  },
};

/** Every sample takes its colour from a place a little off, then colours are blurred over a brush's tip. */
function bleed(canvas: Canvas): Float32Array {
  const { side, rgb: from } = canvas;
  const moved = new Float32Array(from.length);
  const reach = side / 45;
  const scale = 128 / side / 6;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const u = x + (fbm(x * scale, y * scale, 2) - 0.5) * 2 * reach;
      const v = y + (fbm(x * scale + 70, y * scale, 2) - 0.5) * 2 * reach;
      const column = Math.min(Math.max(Math.floor(u + 0.5), 0), side - 1);
      const row = Math.min(Math.max(Math.floor(v + 0.5), 0), side - 1);
      for (let k = 0; k < 3; k++) moved[(y * side + x) * 3 + k] = from[(row * side + column) * 3 + k]!;
    }
  }
  return blurPlane(moved, side, 3, Math.max(1, Math.floor(side / 128 + 0.5)));
}

/** 1 inside, falling to 0 at an uneven edge near the border of the sheet. */
function sheetMargin(x: number, y: number): number {
  const inward = Math.min(x, y, 1 - x, 1 - y);
  const ragged = 0.022 + 0.05 * (fbm(x * 9, y * 9, 3) - 0.3);
  return smooth(ragged - 0.004, ragged + 0.008, inward);
}

const VIOLET = rgb('#7a5fae');
const SUNLIT = rgb('#ffe9a0');
const ROSE = rgb('#e58fa8');

/** Short thick dabs of pure colour: violet in the shadows, yellow and rose in the light. */
const impressionist: Recipe = {
  name: 'impressionist',
  prompt: 'an impressionist oil painting of the landscape, in short dabs of colour',
  look: (day, samples) => ({
    ...day,
    surface: (i, c) => {
      day.surface(i, c);
      blend(c, VIOLET, 0.5 * samples.shade[i]!);
    },
    light: { ...day.light, ambient: [0.44, 0.4, 0.56] },
  }),
  finish: (canvas, samples) =>
    paintStrokes(canvas, samples, {
      length: 0.055,
      width: 0.022,
      variety: 0.5,
      direction: (i) => followForm(samples, i),
      accent: (i, chance) => {
        const bright = luminance(canvas.rgb[i * 3]!, canvas.rgb[i * 3 + 1]!, canvas.rgb[i * 3 + 2]!);
        if (chance < 0.72) return [SUNLIT, 0];
        if (bright < 0.16) return [VIOLET, 0.35];
        return chance < 0.87 ? [SUNLIT, 0.4] : [ROSE, 0.35];
      },
    }),
};

/** The scene in paint. */
export const paintings: readonly Recipe[] = [watercolour, impressionist, starry];
