/** A picture as a PNG file. @param values - `[height, width, 3]` in [-1, 1] */
export function pngOf({
  width,
  height,
  values,
}: {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}): Promise<Blob> {
  const pixels = new ImageData(width, height);
  for (let from = 0, to = 0; from < values.length; to += 4) {
    for (let c = 0; c < 3; c++) pixels.data[to + c] = Math.round((values[from++]! + 1) * 127.5);
    pixels.data[to + 3] = 255;
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
  return canvas.convertToBlob();
}
