/** A picture that no symmetry leaves as it is; the same in pages and in Node. */
export function testPixels(width: number, height: number, t = 0): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      rgba[at] = (255 * x) / width;
      rgba[at + 1] = (255 * y) / height;
      rgba[at + 2] = 127 + 120 * Math.sin((x + 2 * y + t) / 5);
      rgba[at + 3] = 255;
    }
  return rgba;
}
