import { blend, dim, rgb, setTo } from './colour.ts';
import { clamp01, fade, mix, ridge, smooth } from './curves.ts';
import { fbm, noise } from './noise.ts';
import { lineWidth, outline } from './outlines.ts';
import type { Recipe } from './recipe.ts';
import { redraw } from './redraw.ts';
import { FAR, Material } from './samples.ts';
import { sunDistance } from './skies.ts';

const RICE_PAPER = rgb('#f2ead8');
const INK = rgb('#1b1a1c');
const VERMILION = rgb('#c8321e');

/** Brush and ink: outlines, a wash in three tones that thins out with distance, and a red sun. */
const ink: Recipe = {
  name: 'ink',
  prompt: 'an ink drawing of the landscape, black lines and grey wash with a red sun',
  finish: (canvas, samples) => {
    const lines = outline(samples, lineWidth(samples, 6, 2));
    const { depth, layout } = samples;
    return redraw(canvas, (i, x, y, tone, c) => {
      setTo(c, RICE_PAPER);
      const blot = 0.16 * (fbm(x * 14, y * 14, 3) - 0.5);
      const wash = tone + blot;
      const near = fade(depth[i]! / 110);
      if (depth[i] !== FAR) {
        const layers =
          0.3 * smooth(0.66, 0.6, wash) + 0.3 * smooth(0.48, 0.42, wash) + 0.3 * smooth(0.33, 0.27, wash);
        blend(c, INK, layers * mix(0.35, 1, near));
      } else {
        blend(c, VERMILION, 0.9 * smooth(0.075, 0.068, sunDistance(samples, i, layout.sun.row + 0.03)));
      }
      blend(c, INK, 0.95 * lines[i]! * mix(0.5, 1, near));
    });
  },
};

const SKETCH_PAPER = rgb('#f7f4ec');
const GRAPHITE = rgb('#45464c');

/** Pencil strokes, laid the closer the darker the thing, in up to three directions. */
const pencil: Recipe = {
  name: 'pencil',
  prompt: 'a pencil sketch of the landscape, with hatched shadows',
  finish: (canvas, samples) => {
    const lines = outline(samples, lineWidth(samples, 3, 1));
    const pitch = Math.min(40, samples.side / 6);
    return redraw(canvas, (i, x, y, tone, c) => {
      const wobble = 0.5 * noise(x * 9, y * 9);
      const stroke = (u: number, from: number): number =>
        smooth(0.25, 0.75, ridge(u * pitch + wobble)) * smooth(from, from - 0.2, tone);
      const hatch = Math.max(
        0.75 * stroke(0.8 * x + 0.6 * y, 0.66),
        0.85 * stroke(0.75 * x - 0.66 * y, 0.45),
        stroke(0.15 * x + y, 0.3),
      );
      const tooth = 0.7 + 0.6 * noise(x * 160, y * 160);
      setTo(c, SKETCH_PAPER);
      blend(
        c,
        GRAPHITE,
        clamp01((0.12 * (1 - tone) + hatch * (samples.depth[i] === FAR ? 0.45 : 0.85)) * tooth),
      );
      blend(c, GRAPHITE, 0.9 * lines[i]!);
    });
  },
};

const BLUEPRINT = rgb('#16408f');
const CHALK = rgb('#eaf2ff');

/** White lines on blue: outlines, contour lines of the land's height, a grid. */
const blueprint: Recipe = {
  name: 'blueprint',
  prompt: 'a blueprint of the landscape, white lines and contours on blue paper',
  finish: (canvas, samples) => {
    const lines = outline(samples, lineWidth(samples, 4, 2));
    const { part, height, depth, up, material } = samples;
    return redraw(canvas, (i, x, y, tone, c) => {
      setTo(c, BLUEPRINT);
      dim(c, 0.8 + 0.3 * tone);
      const grid = Math.max(smooth(0.86, 0.97, ridge(x * 12)), smooth(0.86, 0.97, ridge(y * 12)));
      blend(c, CHALK, 0.16 * grid);
      if (part[i] === 0 && depth[i] !== FAR && material[i] !== Material.water) {
        const gap = depth[i]! < 60 ? 0.25 : 8;
        const steep = Math.sqrt(Math.max(0, 1 - up[i]! * up[i]!)) + 0.04;
        const thick = Math.min(0.5, ((depth[i]! / samples.focal) * 2.2 * steep) / gap);
        blend(c, CHALK, 0.6 * smooth(1 - 2 * thick, 1, ridge(height[i]! / gap)) * smooth(0.5, 0.25, thick));
      }
      blend(c, CHALK, 0.95 * lines[i]!);
    });
  },
};

/** The scene in lines on paper. */
export const drawings: readonly Recipe[] = [ink, pencil, blueprint];
