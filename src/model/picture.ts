/** A picture in memory: sRGB, 8 bits, three interleaved bytes per pixel, rows from top to bottom, no alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `width * height * 3` bytes, R G B. */
  readonly rgb: Uint8Array;
}
