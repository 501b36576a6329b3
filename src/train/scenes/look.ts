import type { Paint, Rgb } from './colour.ts';

/** The light on the land. */
export interface Light {
  readonly sun: Rgb;
  readonly ambient: Rgb;
  /** Sine of the sun's elevation. */
  readonly rise: number;
  /** What far things fade into, and how much of them per metre. */
  readonly haze: Rgb;
  readonly thickness: number;
}

/** A face of still water that mirrors what stands above it. */
export interface Water {
  /** Metres above the usual face; what lies lower is under water. */
  readonly level: number;
  /** Colour of the water itself, lit. */
  readonly deep: Rgb;
  /** How much it mirrors when looked at flatly, 0..1; a quarter of it when looked at from above. */
  readonly shine: number;
  /** Roughness: 0 a mirror, 1 broken by waves. */
  readonly ripple: number;
}

/** How a scene shows: a function of one sample for each question; all write their answer into `c`. */
export interface Look {
  readonly light: Light;
  /** Colour of a solid thing before light falls on it. */
  surface(i: number, c: Paint): void;
  /** Light that a thing gives of itself, on top of the lit colour. */
  glow?(i: number, c: Paint): void;
  sky(i: number, c: Paint): void;
  /** Null where water is no water: frozen, dried out, molten; then `surface` paints it. */
  readonly water: Water | null;
}

/** Linear light for every sample, red green blue interleaved. */
export interface Canvas {
  readonly side: number;
  readonly rgb: Float32Array;
}
