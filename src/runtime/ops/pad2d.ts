import forward from '#kernels/pad2d/forward.wgsl';
import gradXKernel from '#kernels/pad2d/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;
// The numbers that the kernels know them by.
const MODES = { zeros: 0, reflect: 1, replicate: 2, circular: 3 } as const;

/** What lies beyond the border: zeros, the picture mirrored about its last pixels, those pixels, or its other end. */
export type PaddingMode = keyof typeof MODES;

/** Pixels added on each side: left, right, top, bottom. */
export type Pads = readonly [left: number, right: number, top: number, bottom: number];

// How much one side can take: a mirror image has no border pixel, a repetition is one picture.
const widest = (mode: PaddingMode, size: number): number =>
  mode === 'reflect' ? size - 1 : mode === 'circular' ? size : Number.POSITIVE_INFINITY;

/** The number that kernels know a mode by. */
export const paddingNumber = (mode: PaddingMode): number => MODES[mode];

/** @throws ShapeError when a side is negative or too wide for its mode (reflect: size - 1, circular: size) */
export function checkPads(x: Tensor, pads: Pads, mode: PaddingMode): void {
  const [, h, w] = x.shape as [number, number, number, number];
  const [left, right, top, bottom] = pads;
  expect(
    x.shape.length === 4 &&
      Math.min(...pads) >= 0 &&
      Math.max(top, bottom) <= widest(mode, h) &&
      Math.max(left, right) <= widest(mode, w),
    'pad2d',
    `x ${showShape(x.shape)} cannot be padded by ${pads} (left, right, top, bottom) in mode ${mode}`,
  );
}

/**
 * y = x with a border: y[b, oy, ox, c] = x[b, border(oy - top), border(ox - left), c].
 *
 * @param x - `[n, h, w, c]`
 * @returns `[n, top + h + bottom, left + w + right, c]`
 * @throws ShapeError when a side is negative or too wide for its mode (reflect: size - 1, circular: size)
 */
export function pad2d(tape: Tape | null, x: Tensor, pads: Pads, mode: PaddingMode = 'zeros'): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [left, right, top, bottom] = pads;
  checkPads(x, pads, mode);
  const [oh, ow] = [top + h + bottom, left + w + right];
  const y = x.like([n, oh, ow, c]);
  const params = { n, h, w, oh, ow, c4: x.pitch / 4, top, left, mode: paddingNumber(mode) };
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(y.length / 4, WG), overrides: { WG }, flops: 0 });
  if (TRAINING) {
    tape?.record(y, [x], (dy) => {
      const dx = x.like();
      x.gpu.run(gradXKernel, { dy, dx }, params, {
        groups: grid1d(dx.length / 4, WG),
        overrides: { WG },
        flops: y.size,
      });
      return [dx];
    });
  }
  return y;
}
