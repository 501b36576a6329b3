import pack from '#kernels/image/pack.wgsl';
import unpack from '#kernels/image/unpack.wgsl';
import { expect } from '../errors.ts';
import { grid1d, product, showShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = bytes / 127.5 - 1: pictures as a canvas holds them to what networks take. No gradient.
 *
 * @param rgba - `[n * h * w]` raw pixels, red in the lowest byte: `gpu.input(name, [n * h * w], 'u32')`
 * @param size - n, h, w
 * @returns `[n, h, w, 3]` in [-1, 1]; alpha is dropped
 * @throws ShapeError when the number of pixels differs
 */
export function unpackImage(rgba: Tensor, size: readonly [number, number, number]): Tensor {
  const pixels = product(size);
  expect(rgba.size === pixels, 'image', `${rgba.size} pixels do not make ${showShape(size)}`);
  const y = rgba.gpu.temp([...size, 3]);
  rgba.gpu.run(
    unpack,
    { rgba, y },
    { pixels },
    { groups: grid1d(pixels, WG), overrides: { WG }, flops: 6 * pixels },
  );
  return y;
}

/**
 * The inverse of {@link unpackImage}: (x + 1) * 127.5 rounded and clamped, alpha 255. No gradient.
 *
 * @param x - `[n, h, w, 3]`
 * @returns `[n * h * w]` raw pixels; what `program.read` brings of them is `new Uint8ClampedArray(values.buffer)`
 * @throws ShapeError when x has not three channels
 */
export function packImage(x: Tensor): Tensor {
  expect(x.shape.at(-1) === 3, 'image', `x is ${showShape(x.shape)}, three channels are expected`);
  const rgba = x.gpu.temp([x.rows]);
  x.gpu.run(
    pack,
    { x, rgba },
    { pixels: x.rows, pitch: rgba.pitch },
    {
      groups: grid1d(rgba.pitch, WG),
      overrides: { WG },
      flops: 6 * x.rows,
    },
  );
  return rgba;
}
