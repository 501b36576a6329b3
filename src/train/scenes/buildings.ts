import { hash, noise } from './noise.ts';
import {
  Material,
  openSurface,
  project,
  rayAside,
  raySlope,
  type Samples,
  type Surface,
  writeSample,
} from './samples.ts';
import type { House } from './village.ts';

type Vector = readonly [number, number, number];

/** A flat piece of a house: a rectangle `width` x `height`, or one with a gable on top. */
interface Face {
  /** Middle of the lower edge. */
  readonly foot: Vector;
  /** Unit vectors along the lower edge and up the face; `rise x along` points out of the house. */
  readonly along: Vector;
  readonly rise: Vector;
  readonly width: number;
  readonly height: number;
  /** Height of the gable above `height`; a roof that narrows to a point has it and `height` 0. */
  readonly gable: number;
  readonly material: number;
  readonly windows: boolean;
  readonly part: number;
}

/** Draws one house where nothing nearer stands. */
export function drawHouse(samples: Samples, house: House): void {
  for (const face of facesOf(house)) drawFace(samples, house, face);
}

function facesOf(h: House): Face[] {
  const faces = block(h);
  const x = h.x - h.alongX * (h.halfLength * 0.4);
  const z = h.z - h.alongZ * (h.halfLength * 0.4);
  const chimney = pillar(h, [x, h.base + h.wall + h.roof * 0.5, z], 0.28, h.roof * 0.85, 0, h.part + 10);
  if (h.tower === 0) return [...faces, ...chimney];
  const end = h.halfLength + 1.5;
  const foot: Vector = [h.x + h.alongX * end, h.base, h.z + h.alongZ * end];
  return [...faces, ...pillar(h, foot, 1.25, h.tower, 3.6, h.part + 10)];
}

/** Four walls, two of them with gables, and the two slopes of the roof, which overhangs a little. */
function block({ x, z, base, alongX, alongZ, halfLength, halfWidth, wall, roof, part }: House): Face[] {
  const faces: Face[] = [];
  for (const s of [1, -1]) {
    const ax = alongX * s;
    const az = alongZ * s;
    const end: Vector = [x + ax * halfLength, base, z + az * halfLength];
    const flat = { rise: [0, 1, 0] as Vector, height: wall, material: Material.wall, windows: true };
    faces.push({
      ...flat,
      foot: end,
      along: [-az, 0, ax],
      width: 2 * halfWidth,
      gable: roof,
      part: part + 2 + s,
    });
    const front: Vector = [x - az * halfWidth, base, z + ax * halfWidth];
    faces.push({
      ...flat,
      foot: front,
      along: [-ax, 0, -az],
      width: 2 * halfLength,
      gable: 0,
      part: part + 3 + s,
    });
    const slant = Math.sqrt(halfWidth * halfWidth + roof * roof);
    const rise: Vector = [(az * halfWidth) / slant, roof / slant, (-ax * halfWidth) / slant];
    const over = 0.35;
    faces.push({
      foot: [front[0] - rise[0] * over, base + wall - rise[1] * over, front[2] - rise[2] * over],
      along: [-ax, 0, -az],
      rise,
      width: 2 * halfLength + 2 * over,
      height: slant + over,
      gable: 0,
      material: Material.roof,
      windows: false,
      part: part + 6 + s,
    });
  }
  return faces;
}

/** Four equal walls and, where `spire` is not 0, four triangles that lean together. */
function pillar(h: House, foot: Vector, half: number, height: number, spire: number, part: number): Face[] {
  const faces: Face[] = [];
  const turns = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ] as const;
  turns.forEach(([a, b], k) => {
    const nx = a * h.alongX - b * h.alongZ;
    const nz = a * h.alongZ + b * h.alongX;
    const along: Vector = [-nz, 0, nx];
    const [x, y, z] = foot;
    const out: Vector = [x + nx * half, y, z + nz * half];
    const material = spire > 0 ? Material.wall : Material.stone;
    const wall = { along, width: 2 * half, gable: 0, part: part + k };
    faces.push({ ...wall, foot: out, rise: [0, 1, 0], height, material, windows: spire > 0 });
    if (spire === 0) return;
    const slant = Math.sqrt(half * half + spire * spire);
    const rise: Vector = [(-nx * half) / slant, spire / slant, (-nz * half) / slant];
    faces.push({
      ...wall,
      foot: [out[0], y + height, out[2]],
      rise,
      height: 0,
      gable: slant,
      material: Material.roof,
      windows: false,
      part: part + 4 + k,
    });
  });
  return faces;
}

function drawFace(samples: Samples, house: House, face: Face): void {
  const { side, layout, depth } = samples;
  const { foot, along, rise } = face;
  const n: Vector = [
    rise[1] * along[2] - rise[2] * along[1],
    rise[2] * along[0] - rise[0] * along[2],
    rise[0] * along[1] - rise[1] * along[0],
  ];
  const ahead = n[0] * foot[0] + n[1] * (foot[1] - layout.camera.height) + n[2] * foot[2];
  if (ahead >= 0) return;
  const toward = n[0] * layout.sun.x + n[2] * layout.sun.z;
  const s = openSurface({ up: n[1], toward, patch: 0.5 });
  const [x0, y0, x1, y1] = boundsOf(samples, face);
  for (let row = y0; row < y1; row++) {
    const slope = raySlope(samples, row);
    for (let column = x0; column < x1; column++) {
      const aside = rayAside(samples, column);
      s.depth = ahead / (n[0] * aside + n[1] * slope + n[2]);
      const i = row * side + column;
      if (!(s.depth > 1) || s.depth >= depth[i]!) continue;
      const x = aside * s.depth - foot[0];
      const y = layout.camera.height + slope * s.depth - foot[1];
      const z = s.depth - foot[2];
      const u = x * along[0] + y * along[1] + z * along[2];
      const v = x * rise[0] + y * rise[1] + z * rise[2];
      if (!inside(face, u, v)) continue;
      s.height = y + foot[1];
      texture(face, house, u, v, s);
      writeSample(samples, i, s);
    }
  }
}

function inside(face: Face, u: number, v: number): boolean {
  if (v < 0 || v > face.height + face.gable) return false;
  const narrowing = v > face.height ? 1 - (v - face.height) / face.gable : 1;
  return Math.abs(u) <= 0.5 * face.width * narrowing;
}

function boundsOf(samples: Samples, face: Face): [number, number, number, number] {
  let [x0, y0, x1, y1] = [samples.side, samples.side, 0, 0];
  const tall = face.height + face.gable;
  for (const [a, b] of [
    [-0.5, 0],
    [0.5, 0],
    [-0.5, 1],
    [0.5, 1],
  ] as const) {
    const at = (k: 0 | 1 | 2): number =>
      face.foot[k] + face.along[k] * a * face.width + face.rise[k] * b * tall;
    const { column, row } = project(samples, at(0), at(1), Math.max(at(2), 1));
    x0 = Math.min(x0, Math.floor(column));
    x1 = Math.max(x1, Math.ceil(column) + 1);
    y0 = Math.min(y0, Math.floor(row));
    y1 = Math.max(y1, Math.ceil(row) + 1);
  }
  return [Math.max(x0, 0), Math.max(y0, 0), Math.min(x1, samples.side), Math.min(y1, samples.side)];
}

/** Windows in a row of walls, courses of tiles in a roof. */
function texture(face: Face, house: House, u: number, v: number, s: Surface): void {
  s.material = face.material;
  s.tint = house.tint;
  s.part = face.part;
  if (face.material === Material.roof) {
    const course = v * 2.2 - Math.floor(v * 2.2);
    s.grain = 0.5 * course + 0.5 * hash(Math.floor(v * 2.2) + face.part, Math.floor(u * 2.5));
    return;
  }
  s.grain = noise(u * 2 + face.part, v * 2);
  s.shade = v < 0.35 ? 0.35 : v > face.height - 0.3 && face.gable === 0 ? 0.45 : 0;
  if (!face.windows) return;
  const bay = u / 1.35 + 0.5;
  const floor = (v - 0.85) / 1.9;
  const across = Math.abs(bay - Math.floor(bay) - 0.5) * 1.35;
  const above = (floor - Math.floor(floor)) * 1.9;
  const fits =
    Math.abs(Math.floor(bay) * 1.35) + 0.6 < face.width / 2 && Math.floor(floor) * 1.9 + 1.95 < face.height;
  if (floor < 0 || across > 0.34 || above > 1 || !fits) return;
  s.material = Material.window;
  s.tint = hash(face.part * 8 + Math.floor(bay), Math.floor(floor));
  s.grain = Math.min(across, Math.abs(above - 0.5)) < 0.05 ? 0 : 1;
  s.part = face.part + 16;
}
