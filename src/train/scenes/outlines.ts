import { fade } from './curves.ts';
import { Material, type Samples } from './samples.ts';

/** Materials that blend into one another without a line. */
const FAMILY: Readonly<Record<number, number>> = {
  [Material.grass]: 1,
  [Material.sand]: 1,
  [Material.rock]: 2,
  [Material.snowcap]: 2,
};

/** Line strength where two neighbours belong to different things, 0 where to the same. */
function lineBetween(samples: Samples, a: number, b: number): number {
  const { material, depth, part } = samples;
  const nearer = Math.min(depth[a]!, depth[b]!);
  const far = fade(nearer / 130);
  if (part[a] !== part[b]) return 0.3 + 0.7 * far;
  const ma = material[a]!;
  const mb = material[b]!;
  const jump = Math.abs(depth[a]! - depth[b]!) / nearer;
  if (jump > 0.22) return 0.35 + 0.65 * far;
  if (ma !== mb && (FAMILY[ma] ?? ma + 10) !== (FAMILY[mb] ?? mb + 10)) return 0.75 * far;
  return part[a] !== 0 && jump > 0.03 ? 0.5 * far : 0;
}

/**
 * Lines along the outlines of things, 0..1 per sample; the nearer the thing the stronger. `width` in samples: 1 draws
 * only this side of a border.
 */
export function outline(samples: Samples, width: number): Float32Array {
  const { side } = samples;
  const lines = new Float32Array(side * side);
  const reach = Math.floor(width / 2);
  const mark = (x: number, y: number, strength: number): void => {
    for (let v = Math.max(0, y - reach); v < Math.min(side, y + width - reach); v++) {
      for (let u = Math.max(0, x - reach); u < Math.min(side, x + width - reach); u++) {
        lines[v * side + u] = Math.max(lines[v * side + u]!, strength);
      }
    }
  };
  for (let y = 0; y < side - 1; y++) {
    for (let x = 0; x < side - 1; x++) {
      const i = y * side + x;
      const strength = Math.max(lineBetween(samples, i, i + 1), lineBetween(samples, i, i + side));
      if (strength > 0) mark(x, y, strength);
    }
  }
  return lines;
}

/** A width in samples for a line of `thousandths` of the picture's width, at least `least`. */
export function lineWidth(samples: Samples, thousandths: number, least: number): number {
  return Math.max(least, Math.floor((samples.side * thousandths) / 1000 + 0.5));
}
