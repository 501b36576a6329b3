import { clamp01, ridge, smooth } from './curves.ts';
import { hash, noise } from './noise.ts';
import type { Tree } from './planting.ts';
import { Material, openSurface, project, type Samples, type Surface, writeSample } from './samples.ts';

/** A ball of leaves, in metres. */
interface Ball {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
}

/** Draws one tree where nothing nearer stands. */
export function drawTree(samples: Samples, tree: Tree): void {
  if (tree.kind === 'conifer') drawConifer(samples, tree);
  else for (const ball of crown(tree)) drawBall(samples, tree, ball);
  if (tree.kind !== 'bush') drawTrunk(samples, tree);
}

/** Balls that make up a crown; fewer where the tree is too far for the difference to show. */
function crown(tree: Tree): Ball[] {
  const tall = tree.kind === 'tall';
  const bush = tree.kind === 'bush';
  const reachY = tree.height * (tall ? 0.44 : 0.3);
  const middle = tree.base + (bush ? tree.height * 0.3 : tree.height - reachY * 1.1);
  const near = tree.radius / tree.z > 0.03;
  const count = near ? 11 : 4;
  const balls: Ball[] = [{ x: tree.x, y: middle, z: tree.z, radius: tree.radius * (tall ? 0.9 : 0.75) }];
  for (let k = 1; k <= count; k++) {
    const at = (axis: number): number => hash(tree.part * 16 + k, axis) * 2 - 1;
    const dy = tall ? (2 * k) / count - 1 : at(2);
    const room = Math.sqrt(Math.max(0.1, 1 - dy * dy));
    balls.push({
      x: tree.x + at(1) * room * tree.radius * (tall ? 0.35 : 0.75),
      y: middle + dy * reachY * 0.85,
      z: tree.z + at(3) * room * tree.radius * 0.5,
      radius: tree.radius * (tall ? 0.8 : 0.42 + 0.16 * at(4)) * (tall ? 0.5 + 0.5 * room : 1),
    });
  }
  // The nearest first: what it hides needs no texture.
  return balls.sort((a, b) => a.z - b.z);
}

function drawBall(samples: Samples, tree: Tree, ball: Ball): void {
  const { side, focal, depth, layout } = samples;
  const { column, row } = project(samples, ball.x, ball.y, ball.z);
  const size = (ball.radius / ball.z) * focal;
  const s = leafSurface(tree, Material.leaf);
  const x1 = Math.min(side, Math.ceil(column + size * 1.1));
  const y1 = Math.min(side, Math.ceil(row + size * 1.1));
  for (let y = Math.max(0, Math.floor(row - size * 1.1)); y < y1; y++) {
    const v = (y + 0.5 - row) / size;
    for (let x = Math.max(0, Math.floor(column - size * 1.1)); x < x1; x++) {
      const u = (x + 0.5 - column) / size;
      const square = u * u + v * v;
      if (square > 1.2) continue;
      const bulge = Math.sqrt(Math.max(0.02, 1 - square));
      s.depth = ball.z - bulge * ball.radius;
      const i = y * side + x;
      if (s.depth >= depth[i]!) continue;
      const tuft = leafNoise(tree, ball.x + u * ball.radius, ball.y - v * ball.radius);
      if (square > 0.55 + 0.65 * tuft) continue;
      s.height = ball.y - v * ball.radius;
      s.grain = 0.65 * tuft + 0.35 * hash(x, y);
      s.up = clamp01(0.5 - 0.5 * v + 0.5 * (tuft - 0.5)) * 1.5 - 0.5;
      s.toward = 0.8 * (u * layout.sun.x - bulge * layout.sun.z);
      const low = (s.height - tree.base) / tree.height;
      s.shade = 0.6 * smooth(0.9, 0.2, low) * smooth(-0.6, 0.9, v);
      writeSample(samples, i, s);
    }
  }
}

/** Clumps of leaves; on near trees single twigs as well. */
function leafNoise(tree: Tree, x: number, y: number): number {
  const clumps = noise(x * 3.1, y * 3.1 + tree.part);
  return tree.z > 26 ? clumps : 0.62 * clumps + 0.38 * noise(x * 11, y * 11 + tree.part);
}

/** Tiers of drooping boughs, each lit above and dark below. */
function drawConifer(samples: Samples, tree: Tree): void {
  const { side, focal, depth, layout } = samples;
  const scale = focal / tree.z;
  const foot = project(samples, tree.x, tree.base + tree.height * 0.1, tree.z);
  const tall = tree.height * 0.9 * scale;
  const s = leafSurface(tree, Material.needle);
  const tiers = 5 + Math.floor(tree.tint * 4);
  const y1 = Math.min(side, Math.ceil(foot.row));
  for (let y = Math.max(0, Math.floor(foot.row - tall)); y < y1; y++) {
    const t = clamp01((foot.row - y - 0.5) / tall);
    const tier = t * tiers - Math.floor(t * tiers);
    const half = tree.radius * (1 - t) * (1.15 - 0.5 * tier) * scale + 0.3;
    const x1 = Math.min(side, Math.ceil(foot.column + half * 1.3));
    for (let x = Math.max(0, Math.floor(foot.column - half * 1.3)); x < x1; x++) {
      const u = (x + 0.5 - foot.column) / half;
      const i = y * side + x;
      s.depth = tree.z - 0.3 * tree.radius * (1 - t);
      if (s.depth >= depth[i]!) continue;
      const tuft = noise(((u * half) / scale) * 4 + tree.part, t * tree.height * 4);
      if (Math.abs(u) > 0.7 + 0.6 * tuft) continue;
      const bulge = Math.sqrt(Math.max(0.05, 1 - u * u));
      s.height = tree.base + tree.height * (0.1 + 0.9 * t);
      s.grain = 0.7 * tuft + 0.3 * hash(x, y);
      s.up = 0.75 - 0.9 * tier + 0.5 * (tuft - 0.5);
      s.toward = 0.8 * (u * layout.sun.x - bulge * layout.sun.z);
      s.shade = 0.55 * ridge(t * tiers + 0.5) * tier + 0.25 * smooth(0.5, 0, t);
      writeSample(samples, i, s);
    }
  }
}

function drawTrunk(samples: Samples, tree: Tree): void {
  const { side, focal, depth, layout } = samples;
  const top = project(samples, tree.x, tree.base + tree.height * 0.55, tree.z);
  const foot = project(samples, tree.x, tree.base, tree.z);
  const thick = Math.max(0.5, ((tree.height * 0.028) / tree.z) * focal);
  const s = leafSurface(tree, Material.wood);
  s.depth = tree.z;
  const x1 = Math.min(side, Math.ceil(foot.column + thick * 1.5));
  const y1 = Math.min(side, Math.ceil(foot.row));
  for (let y = Math.max(0, Math.floor(top.row)); y < y1; y++) {
    const t = (foot.row - y) / (foot.row - top.row);
    for (let x = Math.max(0, Math.floor(foot.column - thick * 1.5)); x < x1; x++) {
      const u = (x + 0.5 - foot.column) / (thick * (1.35 - 0.6 * t));
      const i = y * side + x;
      if (Math.abs(u) > 1 || s.depth >= depth[i]!) continue;
      s.height = tree.base + t * tree.height * 0.55;
      s.grain = noise(u * 3 + tree.part, s.height * 3);
      s.up = 0.1;
      s.toward = 0.9 * (u * layout.sun.x - Math.sqrt(1 - u * u) * layout.sun.z);
      s.shade = smooth(0.3, 0.9, t) * 0.6;
      writeSample(samples, i, s);
    }
  }
}

function leafSurface({ z, part, tint }: Tree, material: number): Surface {
  return openSurface({ material, depth: z, patch: hash(part, 5), tint, part });
}
