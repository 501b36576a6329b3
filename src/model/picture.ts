/** A picture in memory: sRGB, 8 bits, three interleaved bytes per pixel, rows from top to bottom, no alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3` bytes, R G B. */
  readonly rgb: Uint8Array;
}

// Plain loops: `from` with a callback takes thirty times as long, more than a frame's work on a GPU.

/** Values in [-1, 1] as the networks take them, `[height, width, 3]`. */
export function pictureValues({ rgb }: Picture): Float32Array {
  const values = new Float32Array(rgb.length);
  for (let i = 0; i < rgb.length; i++) values[i] = rgb[i]! / 127.5 - 1;
  return values;
}

/** The inverse of {@link pictureValues}; values beyond [-1, 1] are clamped. */
export function valuesPicture(values: ArrayLike<number>, width: number, height: number): Picture {
  const clamped = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < clamped.length; i++) clamped[i] = Math.floor((values[i]! + 1) * 127.5 + 0.5);
  return { width, height, rgb: new Uint8Array(clamped.buffer) };
}
