/** A number in [0, 1) fixed by two integers. */
export function hash(x: number, y: number): number {
  let h = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) * 2.3283064365386963e-10;
}

/** Random heights at whole coordinates, which repeat after 256 in both directions: a look-up is quicker than a hash. */
const LATTICE = Float32Array.from({ length: 65536 }, (_, i) => hash(i & 255, i >> 8));

/** Like {@link hash}, quicker and repeating: for what is asked many times for each sample. */
export function speckle(x: number, y: number): number {
  return LATTICE[((y & 255) << 8) | (x & 255)]!;
}

/** Smooth value noise in [0, 1]: random at whole coordinates, eased between them. */
export function noise(x: number, y: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const u = x - i;
  const v = y - j;
  const s = u * u * (3 - 2 * u);
  const left = i & 255;
  const right = (i + 1) & 255;
  const row = (j & 255) << 8;
  const next = ((j + 1) & 255) << 8;
  const a = LATTICE[row | left]!;
  const c = LATTICE[next | left]!;
  const top = a + (LATTICE[row | right]! - a) * s;
  const low = c + (LATTICE[next | right]! - c) * s;
  return top + (low - top) * (v * v * (3 - 2 * v));
}

/** Sum of `octaves` noises, each turned, twice as fine and half as strong as the one before; in [0, 1). */
export function fbm(x: number, y: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  for (let k = 0; k < octaves; k++) {
    sum += weight * noise(x, y);
    const turned = 1.6 * x - 1.2 * y;
    y = 1.2 * x + 1.6 * y + 17;
    x = turned + 31;
    weight *= 0.5;
  }
  return sum / (1 - 2 * weight);
}

/** Like {@link fbm}, folded so that it has sharp crests at 1. */
export function crests(x: number, y: number, octaves: number): number {
  let sum = 0;
  let weight = 0.5;
  let carry = 1;
  for (let k = 0; k < octaves; k++) {
    const fold = 1 - Math.abs(2 * noise(x, y) - 1);
    carry *= fold;
    sum += weight * carry;
    const turned = 1.6 * x - 1.2 * y;
    y = 1.2 * x + 1.6 * y + 17;
    x = turned + 31;
    weight *= 0.5;
    carry = 0.3 + 0.7 * fold;
  }
  return sum;
}
