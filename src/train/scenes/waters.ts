import { blend, type Paint, setTo } from './colour.ts';
import { fade, mix } from './curves.ts';
import type { Canvas, Look, Water } from './look.ts';
import { noise } from './noise.ts';
import { Material, rayAside, raySlope, type Samples } from './samples.ts';

/** True where a sample lies under water that stands at `level`. */
export function isUnder(samples: Samples, i: number, level: number): boolean {
  const { material, height } = samples;
  return material[i] === Material.water || (material[i] !== Material.sky && height[i]! < level);
}

/**
 * For every sample the one that a level mirror at its place would show. A thing `h` above the water at depth `z`
 * shows again `2 h focal / z` rows lower, in the same column; where two fall together the nearer hides the other.
 */
export function mirrorSamples(samples: Samples, level: number): Int32Array {
  const { side, height, depth, focal, material } = samples;
  const mirrored = new Int32Array(side * side).fill(-1);
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const i = row * side + column;
      if (material[i] === Material.sky || isUnder(samples, i, level)) continue;
      const lower = Math.floor(row + (2 * (height[i]! - level) * focal) / depth[i]! + 0.5);
      // Two rows, so that slopes that the mirror stretches leave no gaps.
      for (let at = lower * side + column; at < Math.min(lower + 2, side) * side; at += side) {
        const before = mirrored[at]!;
        if (before < 0 || depth[i]! < depth[before]!) mirrored[at] = i;
      }
    }
  }
  mirrorSky(samples, mirrored);
  return mirrored;
}

/**
 * What mirrors nothing solid mirrors the sky above its column. Where the picture shows more below the horizon than
 * above it, the sky is squeezed, and where land hides the part in question, what is above the land is folded down.
 */
function mirrorSky(samples: Samples, mirrored: Int32Array): void {
  const { side, material, horizon } = samples;
  const squeeze = Math.min(1, horizon / (side - horizon));
  for (let column = 0; column < side; column++) {
    let skyline = 0;
    while (skyline + 1 < side && material[(skyline + 1) * side + column] === Material.sky) skyline++;
    for (let row = 0; row < side; row++) {
      const at = row * side + column;
      if (mirrored[at]! >= 0) continue;
      const above = Math.floor(horizon - Math.max(0, row - horizon) * squeeze);
      const folded = above <= skyline ? above : skyline - Math.floor((above - skyline) / 2);
      mirrored[at] = Math.max(0, folded) * side + column;
    }
  }
}

/** Paints all water of the scene: its own colour, and the mirror image the stronger the flatter one looks at it. */
export function floodCanvas(canvas: Canvas, samples: Samples, look: Look, water: Water): void {
  const { side, layout } = samples;
  if (!samples.material.some((_, i) => isUnder(samples, i, water.level))) return;
  const mirrored = mirrorSamples(samples, water.level);
  const still = canvas.rgb.slice();
  const { haze, thickness } = look.light;
  const c: Paint = [0, 0, 0];
  for (let row = Math.max(0, Math.floor(samples.horizon)); row < side; row++) {
    const slope = Math.min(raySlope(samples, row), -1e-4);
    const z = (water.level - layout.camera.height) / slope;
    const fresnel = fade(-slope * 3.2);
    const clear = fade(z * thickness);
    for (let column = 0; column < side; column++) {
      const i = row * side + column;
      if (!isUnder(samples, i, water.level)) continue;
      const x = rayAside(samples, column) * z;
      const wave = noise(x * 0.7, z * 2.1) + 0.6 * noise(x * 2.3 + 40, z * 6) - 0.8;
      const sway = Math.floor(wave * water.ripple * side * 0.035 + 0.5);
      const from = mirrored[i + clampRows(sway, row, side) * side]! * 3;
      const mirror = water.shine * mix(0.25, 1, fresnel) * (0.9 + 0.1 * wave);
      const lit = 1 + 0.25 * wave * water.ripple;
      setTo(c, [still[from]!, still[from + 1]!, still[from + 2]!]);
      blend(c, [water.deep[0] * lit, water.deep[1] * lit, water.deep[2] * lit], 1 - mirror);
      blend(c, haze, 1 - clear);
      canvas.rgb.set(c, i * 3);
    }
  }
}

/** Keeps a shift of rows inside the picture. */
function clampRows(shift: number, row: number, side: number): number {
  return Math.min(Math.max(shift, -row), side - 1 - row);
}
