/** Linear light, red green blue, 1 = white. */
export type Rgb = readonly [number, number, number];
/** An {@link Rgb} that is being worked on. */
export type Paint = [number, number, number];

/** `#rrggbb` as linear light, with gamma 2 so that the way back is an exact square root. */
export function rgb(hex: string): Rgb {
  const channel = (at: number): number => {
    const v = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return v * v;
  };
  return [channel(1), channel(3), channel(5)];
}

/** Makes `c` the colour `to`. */
export function setTo(c: Paint, to: Rgb): void {
  c[0] = to[0];
  c[1] = to[1];
  c[2] = to[2];
}

/** Moves `c` towards `to`: not at all at t = 0, all the way at 1. */
export function blend(c: Paint, to: Rgb, t: number): void {
  c[0] += (to[0] - c[0]) * t;
  c[1] += (to[1] - c[1]) * t;
  c[2] += (to[2] - c[2]) * t;
}

/** Multiplies all channels alike. */
export function dim(c: Paint, by: number): void {
  c[0] *= by;
  c[1] *= by;
  c[2] *= by;
}

/** Multiplies channel by channel, as a filter or a coloured light does. */
export function tinge(c: Paint, by: Rgb): void {
  c[0] *= by[0];
  c[1] *= by[1];
  c[2] *= by[2];
}

/** Adds so much of a light. */
export function add(c: Paint, light: Rgb, amount: number): void {
  c[0] += light[0] * amount;
  c[1] += light[1] * amount;
  c[2] += light[2] * amount;
}

/** Colour of a thing under two lights of the given strengths. */
export function illuminate(c: Paint, sun: Rgb, facing: number, ambient: Rgb, open: number): void {
  c[0] *= sun[0] * facing + ambient[0] * open;
  c[1] *= sun[1] * facing + ambient[1] * open;
  c[2] *= sun[2] * facing + ambient[2] * open;
}

/** A colour between two, at `t`. */
export function between(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Brightness as the eye weighs it. */
export function luminance(r: number, g: number, b: number): number {
  return 0.25 * r + 0.65 * g + 0.1 * b;
}
