import { mix, smooth } from './curves.ts';
import type { Layout } from './layout.ts';

/** Something that stands on the ground and takes the sun from it. */
interface Body {
  readonly x: number;
  readonly z: number;
  readonly radius: number;
  readonly height: number;
}

/** Cells of half a metre, over the land in front of the camera. */
const CELLS = 256;
const PER_METRE = 2;

/** Shadows of trees further off are too small to see. */
const FARTHEST = 75;

/** A map of the land from above: 0 in the sun, up to 1 in shadow. */
export type ShadowMap = Float32Array;

/** Where the shadows of trees and houses fall. */
export function castShadows({ trees, houses, sun }: Layout): ShadowMap {
  const map = new Float32Array(CELLS * CELLS);
  for (const tree of trees) if (tree.z < FARTHEST) castShadow(map, sun, tree);
  for (const { x, z, halfLength, halfWidth, wall, roof } of houses) {
    castShadow(map, sun, { x, z, radius: (halfLength + halfWidth) * 0.6, height: wall + roof * 0.7 });
  }
  return map;
}

/** A rounded strip from the foot to where the top's shadow falls, soft at its edge. */
function castShadow(map: ShadowMap, sun: Layout['sun'], body: Body): void {
  const length = (body.height * Math.sqrt(1 - sun.rise * sun.rise)) / sun.rise;
  const [x0, x1] = cellRange(body.x, body.x - sun.x * length, body.radius, CELLS / 2);
  const [z0, z1] = cellRange(body.z, body.z - sun.z * length, body.radius, 0);
  for (let row = z0; row < z1; row++) {
    const dz = row / PER_METRE - body.z;
    for (let column = x0; column < x1; column++) {
      const dx = (column - CELLS / 2) / PER_METRE - body.x;
      const along = Math.min(Math.max(-(dx * sun.x + dz * sun.z), 0), length);
      const offX = dx + along * sun.x;
      const offZ = dz + along * sun.z;
      const dark = 0.85 * smooth(1.05, 0.6, Math.sqrt(offX * offX + offZ * offZ) / body.radius);
      const at = row * CELLS + column;
      if (dark > map[at]!) map[at] = dark;
    }
  }
}

/** Cells from `radius` before to `radius` behind two places, the first and the one after the last. */
function cellRange(a: number, b: number, radius: number, middle: number): [number, number] {
  const low = Math.floor((Math.min(a, b) - radius) * PER_METRE + middle);
  const high = Math.ceil((Math.max(a, b) + radius) * PER_METRE + middle);
  return [Math.max(0, low), Math.min(CELLS, high + 1)];
}

/** Shadow at a place of the land. */
export function shadowAt(map: ShadowMap, x: number, z: number): number {
  const u = x * PER_METRE + CELLS / 2;
  const v = z * PER_METRE;
  if (!(u >= 0 && u < CELLS - 1 && v < CELLS - 1)) return 0;
  const column = Math.floor(u);
  const row = Math.floor(v);
  const at = row * CELLS + column;
  const near = mix(map[at]!, map[at + 1]!, u - column);
  return mix(near, mix(map[at + CELLS]!, map[at + CELLS + 1]!, u - column), v - row);
}
