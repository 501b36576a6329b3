import { clamp01, mix, smooth } from './curves.ts';
import { fbm } from './noise.ts';
import { FAR, rayAside, raySlope, type Samples } from './samples.ts';

/** Clouds lie on a flat ceiling, which bends down a little so that they stay visible at the horizon. */
const BEND = 0.16;

/** Fills every sample that shows nothing else with sky: cover in `patch`, the clouds' lit side in `grain`. */
export function drawSky(samples: Samples): void {
  const { side, layout, depth } = samples;
  const { cover, cloudSize, origin } = layout.sky;
  const edge = mix(0.72, 0.36, cover);
  for (let row = 0; row < side; row++) {
    const slope = raySlope(samples, row);
    const z = 1.1 / (Math.max(slope, 0) + BEND) / cloudSize;
    for (let column = 0; column < side; column++) {
      const i = row * side + column;
      if (depth[i] !== FAR) continue;
      const x = rayAside(samples, column) * z + origin;
      const density = fbm(x, z * 1.3, 5);
      const behind = fbm(x + 0.22 * layout.sun.x, z * 1.3 - 0.16, 3);
      samples.patch[i] = smooth(edge, edge + 0.2, density);
      samples.grain[i] = clamp01(0.55 + 3.2 * (density - behind));
      samples.height[i] = slope;
    }
  }
}
