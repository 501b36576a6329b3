import { blend, dim, type Paint, type Rgb } from './colour.ts';
import type { Canvas } from './look.ts';
import { fbm, hash } from './noise.ts';
import { Material, type Samples } from './samples.ts';

/** How a brush goes over the canvas. Lengths in widths of the picture. */
export interface Brush {
  readonly length: number;
  readonly width: number;
  /** How much the strokes differ from one another in brightness, 0..1. */
  readonly variety: number;
  /** Unit vector of the stroke at a sample. */
  direction(i: number): readonly [number, number];
  /** Colour that a stroke mixes in by chance, and how much of it. */
  readonly accent?: (i: number, chance: number) => readonly [Rgb, number];
}

/** One dab of paint: its middle, direction, half axes in samples, and the sample it takes its colour from. */
interface Stroke {
  readonly x: number;
  readonly y: number;
  readonly i: number;
  readonly along: readonly [number, number];
  readonly length: number;
  readonly width: number;
}

/**
 * Paints the canvas anew in strokes, each with the colour at its middle. A stroke ends where another material begins,
 * so that things keep their outlines.
 */
export function paintStrokes(canvas: Canvas, samples: Samples, brush: Brush): Canvas {
  const { side } = canvas;
  const painted: Canvas = { side, rgb: canvas.rgb.slice() };
  const width = Math.max(1.2, (brush.width * side) / 2);
  const length = Math.max(2, (brush.length * side) / 2);
  const step = width * 1.5;
  const rows = Math.ceil(side / step);
  for (let turn = 0; turn < rows * rows; turn++) {
    const k = (turn * SHUFFLE) % (rows * rows);
    const row = Math.floor(k / rows);
    const x = (k - row * rows + hash(k, 5)) * step;
    const y = (row + hash(k, 9)) * step;
    if (x >= side || y >= side) continue;
    const i = Math.floor(y) * side + Math.floor(x);
    drawStroke(canvas, painted, samples, brush, { x, y, i, along: brush.direction(i), length, width });
  }
  return painted;
}

/** A prime far from every number of strokes: its multiples visit them all in scattered order. */
const SHUFFLE = 104729;

/** Fills an ellipse row by row; in each row it spans the roots of `a du² + 2 b du dv + c dv² = 1`. */
function drawStroke(from: Canvas, to: Canvas, samples: Samples, brush: Brush, stroke: Stroke): void {
  const { side } = from;
  const { x, y, i, length, width } = stroke;
  const [p, q] = stroke.along;
  const [long, wide] = [1 / (length * length), 1 / (width * width)];
  const a = p * p * long + q * q * wide;
  const b = p * q * (long - wide);
  const c = q * q * long + p * p * wide;
  const [red, green, blue] = strokeColour(from, brush, i);
  const material = samples.material[i];
  const reach = Math.sqrt(a / (a * c - b * b));
  for (let row = Math.max(0, Math.ceil(y - reach)); row < Math.min(side, y + reach); row++) {
    const dv = row - y;
    const half = Math.sqrt(Math.max(0, b * b * dv * dv - a * (c * dv * dv - 1))) / a;
    const middle = x - (b * dv) / a;
    for (
      let column = Math.max(0, Math.ceil(middle - half));
      column < Math.min(side, middle + half);
      column++
    ) {
      const at = row * side + column;
      if (samples.material[at] !== material) continue;
      const bristle = 1 + (0.12 * brush.variety * (dv * p - (column - x) * q)) / width;
      to.rgb[at * 3] = red * bristle;
      to.rgb[at * 3 + 1] = green * bristle;
      to.rgb[at * 3 + 2] = blue * bristle;
    }
  }
}

function strokeColour({ rgb }: Canvas, brush: Brush, i: number): Paint {
  const colour: Paint = [rgb[i * 3]!, rgb[i * 3 + 1]!, rgb[i * 3 + 2]!];
  dim(colour, 1 + brush.variety * (hash(i, 21) - 0.5));
  if (brush.accent) blend(colour, ...brush.accent(i, hash(i, 22)));
  return colour;
}

/** Direction along the contours of a slowly turning field, in cells of the picture's width: strokes that swirl. */
export function swirl(samples: Samples, i: number, cells: number): readonly [number, number] {
  const x = ((i % samples.side) / samples.side) * cells;
  const y = (Math.floor(i / samples.side) / samples.side) * cells;
  const e = 0.05;
  const here = fbm(x, y, 2);
  return unit(fbm(x, y + e, 2) - here, here - fbm(x + e, y, 2));
}

/** The direction of a vector as a unit vector; to the right for none. */
export function unit(x: number, y: number): readonly [number, number] {
  const length = Math.sqrt(x * x + y * y);
  return length > 1e-9 ? [x / length, y / length] : [1, 0];
}

/** The way a hand would follow a thing: level water and sky, upright walls and trunks, turning leaves. */
export function followForm(samples: Samples, i: number): readonly [number, number] {
  switch (samples.material[i]) {
    case Material.water:
    case Material.sky:
      return unit(1, 0.25 * (hash(i, 31) - 0.5));
    case Material.wall:
    case Material.wood:
    case Material.needle:
      return unit(0.35 * (hash(i, 32) - 0.5), 1);
    case Material.rock:
    case Material.snowcap:
      return unit(0.6, 1);
    case Material.leaf:
      return unit(hash(i, 33) - 0.5, hash(i, 34) - 0.5);
    default:
      return unit(1, 0.6 * (hash(i, 35) - 0.5));
  }
}
