/**
 * The few curves the scenes need. The same seed must give the same bytes on every machine, and engines may round
 * Math.sin, exp and pow differently; so the whole renderer uses only + - * /, Math.sqrt, floor, abs, min, max and
 * imul, which have one right answer, and what looks like a transcendental function is approximated here.
 */

/** `x` held between 0 and 1. */
export function clamp01(x: number): number {
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

/** `a` at t = 0, `b` at t = 1, a straight line between. */
export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** 0 at `from`, 1 at `to`, flat at both ends (`3t² - 2t³`); `from` may be the larger. */
export function smooth(from: number, to: number, x: number): number {
  const t = clamp01((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}

/** About `e^-x` for x >= 0: `(1 + x/8)^-8`. */
export function fade(x: number): number {
  const a = 1 + x / 8;
  const b = a * a;
  const c = b * b;
  return 1 / (c * c);
}

/** Distance of `x` to the middle of its unit cell: 1 at whole numbers, 0 halfway. */
export function ridge(x: number): number {
  return Math.abs(2 * (x - Math.floor(x)) - 1);
}
