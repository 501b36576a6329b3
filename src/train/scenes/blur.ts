import type { Canvas } from './look.ts';

/** Box blur of a square plane of `channels` interleaved values; two passes of it come near a Gaussian. */
export function blurPlane(plane: Float32Array, side: number, channels: number, radius: number): Float32Array {
  if (radius < 1) return plane;
  const across = sweep(plane, side, channels, radius, channels, side * channels);
  return sweep(across, side, channels, radius, side * channels, channels);
}

/** Running mean along lines: `step` from value to value, `next` from line to line. */
function sweep(
  from: Float32Array,
  side: number,
  channels: number,
  radius: number,
  step: number,
  next: number,
): Float32Array {
  const to = new Float32Array(from.length);
  const last = side - 1;
  const share = 1 / (2 * radius + 1);
  for (let line = 0; line < side; line++) {
    for (let channel = 0; channel < channels; channel++) {
      const start = line * next + channel;
      let sum = from[start]! * radius;
      for (let k = 0; k <= radius; k++) sum += from[start + Math.min(k, last) * step]!;
      for (let k = 0; k < side; k++) {
        to[start + k * step] = sum * share;
        sum +=
          from[start + Math.min(k + radius + 1, last) * step]! -
          from[start + Math.max(k - radius, 0) * step]!;
      }
    }
  }
  return to;
}

/** Lets all that is brighter than `threshold` shine over its surroundings, `reach` in parts of the width. */
export function bloom(canvas: Canvas, threshold: number, reach: number, strength: number): Canvas {
  const bright = canvas.rgb.map((v) => Math.max(0, v - threshold));
  const radius = Math.max(1, Math.floor(canvas.side * reach * 0.5));
  const halo = blurPlane(blurPlane(bright, canvas.side, 3, radius), canvas.side, 3, radius);
  for (let k = 0; k < halo.length; k++) canvas.rgb[k] = canvas.rgb[k]! + strength * halo[k]!;
  return canvas;
}
