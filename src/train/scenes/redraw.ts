import { luminance, type Paint } from './colour.ts';
import { clamp01 } from './curves.ts';
import type { Canvas } from './look.ts';

/** Replaces every sample by what `draw` makes of its place and brightness. */
export function redraw(
  canvas: Canvas,
  draw: (i: number, x: number, y: number, tone: number, c: Paint) => void,
): Canvas {
  const { side, rgb: light } = canvas;
  const c: Paint = [0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    const at = i * 3;
    const tone = Math.sqrt(clamp01(luminance(light[at]!, light[at + 1]!, light[at + 2]!)));
    draw(i, (i % side) / side, Math.floor(i / side) / side, tone, c);
    light[at] = c[0];
    light[at + 1] = c[1];
    light[at + 2] = c[2];
  }
  return canvas;
}
