import type { Picture } from '../../model/picture.ts';
import { blend, illuminate, type Paint } from './colour.ts';
import { fade } from './curves.ts';
import type { Canvas, Look } from './look.ts';
import { GRID, Material, type Samples, skyLight } from './samples.ts';
import { floodCanvas } from './waters.ts';

/** The scene in a look: every sample lit, hazed, and mirrored where there is water. */
export function paintCanvas(samples: Samples, look: Look): Canvas {
  const { side, material } = samples;
  const canvas: Canvas = { side, rgb: new Float32Array(side * side * 3) };
  const c: Paint = [0, 0, 0];
  for (let i = 0; i < side * side; i++) {
    if (material[i] === Material.sky) {
      look.sky(i, c);
    } else {
      look.surface(i, c);
      shine(samples, look, i, c);
    }
    canvas.rgb[i * 3] = c[0];
    canvas.rgb[i * 3 + 1] = c[1];
    canvas.rgb[i * 3 + 2] = c[2];
  }
  if (look.water) floodCanvas(canvas, samples, look, look.water);
  return canvas;
}

/** Light from the sun and the sky, then what the thing gives of itself, then the air in front of it. */
function shine(samples: Samples, look: Look, i: number, c: Paint): void {
  const { sun, ambient, rise, haze, thickness } = look.light;
  const flat = Math.sqrt(1 - rise * rise);
  const facing = Math.max(0, samples.up[i]! * rise + samples.toward[i]! * flat) * (1 - samples.shade[i]!);
  illuminate(c, sun, facing, ambient, skyLight(samples, i));
  look.glow?.(i, c);
  blend(c, haze, 1 - fade(samples.depth[i]! * thickness));
}

/** Averages the samples of each pixel and encodes them (gamma 2, so that the root is exact everywhere). */
export function developPicture(canvas: Canvas): Picture {
  const { side, rgb } = canvas;
  const size = side / GRID;
  const bytes = new Uint8Array(size * size * 3);
  const row = side * 3;
  for (let y = 0, out = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = (y * side + x) * GRID * 3;
      for (let k = at; k < at + 3; k++) {
        const light = 0.25 * (rgb[k]! + rgb[k + 3]! + rgb[k + row]! + rgb[k + row + 3]!);
        bytes[out++] = Math.floor(255 * Math.sqrt(Math.min(Math.max(light, 0), 1)) + 0.5);
      }
    }
  }
  return { width: size, height: size, rgb: bytes };
}
