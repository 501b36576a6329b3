import forward from '#kernels/conv2d/forward.wgsl';
import gradWKernel from '#kernels/conv2d/grad_w.wgsl';
import gradXKernel from '#kernels/conv2d/grad_x.wgsl';
import { expect } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { gemmLaunch } from './gemm.ts';
import { sumRows } from './reduce.ts';
import { transpose } from './transpose.ts';

type Pair = readonly [number, number];

/** Geometry of a convolution, (vertical, horizontal) pixels. */
export interface ConvOptions {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
}

/** A convolution with all sizes known: x `[n, h, w, cin]`, w `[kh, kw, cin, cout]`, y `[n, oh, ow, cout]`. */
export interface ConvGeometry {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly cin: number;
  readonly oh: number;
  readonly ow: number;
  readonly cout: number;
  readonly kh: number;
  readonly kw: number;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

/** Output length of a convolution along one axis. */
export const convLength = (n: number, k: number, s: number, p: number, d: number): number =>
  Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1;

const pitch = (c: number): number => Math.ceil(c / 4) * 4;
const flopsOf = (g: ConvGeometry): number => 2 * g.n * g.oh * g.ow * g.cout * g.kh * g.kw * g.cin;

const window = (g: ConvGeometry) => ({
  sy: g.stride[0],
  sx: g.stride[1],
  py: g.padding[0],
  px: g.padding[1],
  dy: g.dilation[0],
  dx: g.dilation[1],
});

/** The forward product; `residual` is added in the store. */
export function convForward(
  g: ConvGeometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
): Tensor {
  const y = x.like([g.n, g.oh, g.ow, g.cout]);
  const rows = g.n * g.oh * g.ow;
  const launch = gemmLaunch(x.gpu, rows, y.pitch / 4, 1);
  const overrides = { ...launch.overrides, HAS_BIAS: bias !== null, HAS_RESIDUAL: residual !== null };
  const params = {
    rows,
    h: g.h,
    w: g.w,
    cin: g.cin,
    cin_pitch: x.pitch,
    oh: g.oh,
    ow: g.ow,
    cout4: y.pitch / 4,
    kh: g.kh,
    kw: g.kw,
    ...window(g),
  };
  x.gpu.run(forward, { x, w, bias: bias ?? w, residual: residual ?? w, y }, params, {
    ...launch,
    overrides,
    flops: flopsOf(g),
  });
  return y;
}

/** The product with w transposed, by sub-pixel phases: dx of a convolution, y of a transposed one (then with bias). */
export function convGradX(g: ConvGeometry, dy: Tensor, w: Tensor, bias: Tensor | null): Tensor {
  const wt = transpose(null, w);
  const dx = dy.like([g.n, g.h, g.w, g.cin]);
  const [sy, sx] = g.stride;
  const [qh, qw] = [Math.ceil(g.h / sy), Math.ceil(g.w / sx)];
  const launch = gemmLaunch(dy.gpu, g.n * qh * qw, dx.pitch / 4, sy * sx);
  const overrides = { ...launch.overrides, HAS_BIAS: bias !== null };
  const params = {
    n: g.n,
    h: g.h,
    w: g.w,
    cin_pitch: dx.pitch,
    oh: g.oh,
    ow: g.ow,
    cout: g.cout,
    cout_pitch: pitch(g.cout),
    kh: g.kh,
    kw: g.kw,
    ...window(g),
    qh,
    qw,
  };
  dy.gpu.run(gradXKernel, { dy, wt, bias: bias ?? wt, dx }, params, {
    ...launch,
    overrides,
    flops: flopsOf(g),
  });
  return dx;
}

// Output pixels that one split of the weight gradient adds up: enough to be worth a launch, few enough to spread.
const PIXELS_PER_SPLIT = 4096;

/** dw of a convolution; of a transposed one with x and dy exchanged. */
export function convGradW(g: ConvGeometry, x: Tensor, dy: Tensor): Tensor {
  const rows = g.kh * g.kw * g.cin;
  const lines = g.n * g.oh;
  const perSplit = Math.min(lines, Math.max(1, Math.ceil(PIXELS_PER_SPLIT / g.ow)));
  const splits = Math.ceil(lines / perSplit);
  const dw = dy.like([...(splits > 1 ? [splits] : []), g.kh, g.kw, g.cin, g.cout]);
  const cout4 = pitch(g.cout) / 4;
  const launch = gemmLaunch(dy.gpu, rows, cout4, splits);
  const { sy, sx, py, px, dy: dilationY, dx } = window(g);
  const params = {
    rows,
    h: g.h,
    w: g.w,
    cin: g.cin,
    cin_pitch: pitch(g.cin),
    oh: g.oh,
    ow: g.ow,
    cout4,
    kw: g.kw,
    sy,
    sx,
    py,
    px,
    dy: dilationY,
    dx,
    lines,
    lines_per_split: perSplit,
  };
  dy.gpu.run(gradWKernel, { x, dy, dw }, params, { ...launch, flops: flopsOf(g) });
  return splits > 1 ? sumRows(dw, splits, [g.kh, g.kw, g.cin, g.cout]) : dw;
}

function geometryOf(x: Tensor, w: Tensor, options: ConvOptions): ConvGeometry {
  const { stride = [1, 1], padding = [0, 0], dilation = [1, 1] } = options;
  const [n, h, width, cin] = x.shape as [number, number, number, number];
  const [kh, kw, , cout] = w.shape as [number, number, number, number];
  const oh = convLength(h, kh, stride[0], padding[0], dilation[0]);
  const ow = convLength(width, kw, stride[1], padding[1], dilation[1]);
  return { n, h, w: width, cin, oh, ow, cout, kh, kw, stride, padding, dilation };
}

/**
 * y[p, o] = bias[o] + residual[p, o] + sum over taps t and channels i of x[p * stride + t * dilation - padding, i] w[t, i, o],
 * zero outside of x.
 *
 * @param x - `[n, h, w, cin]`
 * @param w - `[kh, kw, cin, cout]` (PyTorch's weight `[cout, cin, kh, kw]`, permuted)
 * @param bias - `[cout]` or null
 * @param residual - `[n, oh, ow, cout]`, added in the store, or null
 * @returns `[n, oh, ow, cout]`
 * @throws ShapeError when channels disagree or the output is empty
 */
export function conv2d(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  options: ConvOptions = {},
  residual: Tensor | null = null,
): Tensor {
  expect(
    x.shape.length === 4 && w.shape.length === 4 && x.shape[3] === w.shape[2],
    'conv2d',
    `w is ${showShape(w.shape)}, x is ${showShape(x.shape)}`,
  );
  const g = geometryOf(x, w, options);
  expect(
    g.oh > 0 && g.ow > 0,
    'conv2d',
    `kernel ${g.kh}x${g.kw} does not fit into x ${showShape(x.shape)} with padding ${g.padding}`,
  );
  expect(
    !bias || sameShape(bias.shape, [g.cout]),
    'conv2d',
    `bias is ${showShape(bias?.shape ?? [])}, w is ${showShape(w.shape)}`,
  );
  const y = convForward(g, x, w, bias, residual);
  expect(
    !residual || sameShape(residual.shape, y.shape),
    'conv2d',
    `residual is ${showShape(residual?.shape ?? [])}, y is ${showShape(y.shape)}`,
  );
  if (TRAINING) {
    tape?.record(y, [x, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])], (dy) => [
      convGradX(g, dy, w, null),
      convGradW(g, x, dy),
      ...(bias ? [sumRows(dy, dy.rows, bias.shape)] : []),
      ...(residual ? [dy] : []),
    ]);
  }
  return y;
}
