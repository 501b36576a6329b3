/** Largest picture accepted, in pixels. Checked on the header, before any pixel memory is asked for. */
export const MAX_PIXELS = 64_000_000;
/** Longest side accepted, in pixels: that of JPEG. */
export const MAX_SIDE = 65_535;
/** Largest picture file accepted, in bytes. */
export const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Refuses sizes outside the limits. @throws Error naming the size and the limit. */
export function checkSize(width: number, height: number): void {
  const size = `${width}x${height}`;
  if (!(width >= 1 && height >= 1)) throw new Error(`its size is ${size}, at least 1x1 is needed`);
  if (width > MAX_SIDE || height > MAX_SIDE || width * height > MAX_PIXELS) {
    throw new Error(
      `its header says ${size}; the limit is ${MAX_PIXELS / 1e6} megapixels and ${MAX_SIDE} pixels a side`,
    );
  }
}
