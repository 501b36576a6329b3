/** A picture in memory: sRGB, 8 bits, three interleaved bytes per pixel, rows from top to bottom, no alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3` bytes, R G B. */
  readonly rgb: Uint8Array;
}

/** Values in [-1, 1] as the networks take them, `[height, width, 3]`. */
export function pictureValues({ rgb }: Picture): Float32Array {
  return Float32Array.from(rgb, (byte) => byte / 127.5 - 1);
}

/** The inverse of {@link pictureValues}; values beyond [-1, 1] are clamped. */
export function valuesPicture(values: ArrayLike<number>, width: number, height: number): Picture {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    Math.round(Math.min(255, Math.max(0, (values[i]! + 1) * 127.5))),
  );
  return { width, height, rgb };
}
