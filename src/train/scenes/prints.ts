import { type Cell, cellAt } from './cells.ts';
import { blend, dim, luminance, type Rgb, rgb, setTo } from './colour.ts';
import { clamp01, fade } from './curves.ts';
import type { Canvas } from './look.ts';
import { noise } from './noise.ts';
import { lineWidth } from './outlines.ts';
import type { Recipe } from './recipe.ts';
import { redraw } from './redraw.ts';
import { acrossOf, downOf, Material, type Samples, skyLight } from './samples.ts';
import { sunDistance } from './skies.ts';

const WATER_INKS = [rgb('#1f6f78'), rgb('#3fa39c')] as const;

/** Two inks for each material: in shade and in light. */
const FLAT: Readonly<Record<number, readonly [Rgb, Rgb]>> = {
  [Material.water]: WATER_INKS,
  [Material.grass]: [rgb('#6f8f3a'), rgb('#c2b64a')],
  [Material.field]: [rgb('#c98b2e'), rgb('#f0c14b')],
  [Material.path]: [rgb('#d7a05c'), rgb('#f6d79a')],
  [Material.sand]: [rgb('#e0b56c'), rgb('#f8dfa6')],
  [Material.rock]: [rgb('#5c4a66'), rgb('#d98a5c')],
  [Material.snowcap]: [rgb('#8fa9c4'), rgb('#fdf3dc')],
  [Material.leaf]: [rgb('#1f5a44'), rgb('#5f9a3c')],
  [Material.needle]: [rgb('#12373f'), rgb('#2b6650')],
  [Material.wood]: [rgb('#3a2330'), rgb('#7a4630')],
  [Material.wall]: [rgb('#c08a5c'), rgb('#fbe9c4')],
  [Material.roof]: [rgb('#7a1f2b'), rgb('#d9482b')],
  [Material.window]: [rgb('#22324a'), rgb('#22324a')],
  [Material.stone]: [rgb('#6a5560'), rgb('#b08a76')],
};

const BANDS = [rgb('#fbe3b0'), rgb('#f7c98a'), rgb('#f0a878'), rgb('#7fb3ac'), rgb('#3f8f9a')] as const;
const DISTANCE = rgb('#e9b48c');
const DISC = rgb('#fff3cf');
const CLOUD = rgb('#fdf3dc');
const CLOUD_SHADE = rgb('#f4d3b0');

/** A travel poster: two flat inks to a thing, one for light and one for shade, and a banded sky. */
const poster: Recipe = {
  name: 'poster',
  prompt: 'a vintage travel poster of the landscape, in flat colours',
  look: (day, samples) => {
    const { material, shade, up, toward, height, patch, grain, depth } = samples;
    return {
      light: { ...day.light, sun: [0, 0, 0], ambient: [1, 1, 1], haze: DISTANCE, thickness: 0 },
      surface: (i, c) => {
        const [dark, lit] = FLAT[material[i]!] ?? WATER_INKS;
        const sunny = (0.6 * up[i]! + 0.8 * toward[i]!) * (1 - shade[i]!) > 0.42;
        setTo(c, sunny ? lit : dark);
        // Flat is flat: take out beforehand what the light will do.
        dim(c, 1 / skyLight(samples, i));
      },
      glow: (i, c) => {
        const steps = Math.floor(4 * (1 - fade(depth[i]! / 160)) + 0.5) / 4;
        blend(c, DISTANCE, 0.85 * steps);
      },
      sky: (i, c) => {
        const band = Math.min(4, Math.floor(clamp01(height[i]! * 1.6) * 5 + 0.35));
        setTo(c, BANDS[band] ?? BANDS[0]);
        if (sunDistance(samples, i, samples.layout.sun.row) < 0.085) setTo(c, DISC);
        if (patch[i]! > 0.5) setTo(c, grain[i]! > 0.5 ? CLOUD : CLOUD_SHADE);
      },
      water: { level: 0, deep: WATER_INKS[0], shine: 0.75, ripple: 0.25 },
    };
  },
};

const LEAD = rgb('#16141a');
/** Panes in a row, counting one beyond either border. */
const PANE_ROWS = 17;
const PANES = PANE_ROWS * PANE_ROWS * 16;

/** Panes of one colour each, cut along the outlines of things and set in lead. */
const glass: Recipe = {
  name: 'glass',
  prompt: 'a stained glass window of the landscape, with bright panes set in lead',
  finish: (canvas, samples) => {
    const { side } = canvas;
    const panes = cutPanes(samples);
    const colours = averagePanes(canvas, panes);
    const lead = lineWidth(samples, 4, 1);
    return redraw(canvas, (i, x, y, _tone, c) => {
      const pane = panes[i]!;
      const right = (i % side) + lead < side ? panes[i + lead]! : pane;
      const below = i + lead * side < panes.length ? panes[i + lead * side]! : pane;
      if (right !== pane || below !== pane) return setTo(c, LEAD);
      setTo(c, [colours[pane * 3]!, colours[pane * 3 + 1]!, colours[pane * 3 + 2]!]);
      dim(c, 0.85 + 0.4 * noise(x * 18, y * 18));
    });
  },
};

/** Number of the pane of every sample: a Voronoi cell of the picture within one material. */
function cutPanes(samples: Samples): Int32Array {
  const { material } = samples;
  const cell: Cell = { column: 0, row: 0, border: 0 };
  return Int32Array.from(material, (m, i) => {
    cellAt(acrossOf(samples, i) * (PANE_ROWS - 2), downOf(samples, i) * (PANE_ROWS - 2), cell);
    const kind = m === Material.window ? Material.wall : m === Material.sand ? Material.grass : m;
    return ((cell.row + 1) * PANE_ROWS + cell.column + 1) * 16 + kind;
  });
}

/** Mean colour of each pane, made purer as glass is; `colours[3 pane]` and the two after it. */
function averagePanes(canvas: Canvas, panes: Int32Array): Float64Array {
  const colours = new Float64Array(3 * PANES);
  const counts = new Float64Array(PANES);
  panes.forEach((pane, i) => {
    counts[pane]! += 1;
    for (let k = 0; k < 3; k++) colours[pane * 3 + k]! += canvas.rgb[i * 3 + k]!;
  });
  for (let pane = 0; pane < PANES; pane++) {
    const of = colours.subarray(pane * 3, pane * 3 + 3);
    const grey = luminance(of[0]!, of[1]!, of[2]!);
    of.forEach((v, k) => {
      of[k] = counts[pane] === 0 ? 0 : clamp01(((grey + (v - grey) * 1.9) / counts[pane]!) * 1.05);
    });
  }
  return colours;
}

/** The scene in flat pieces of colour. */
export const prints: readonly Recipe[] = [poster, glass];
