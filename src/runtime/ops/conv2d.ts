import forward from '#kernels/conv2d/forward.wgsl';
import gradWKernel from '#kernels/conv2d/grad_w.wgsl';
import gradXKernel from '#kernels/conv2d/grad_x.wgsl';
import { expect } from '../errors.ts';
import { sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import {
  type ConvGeometry,
  type ConvWindow,
  convFlops,
  convLength,
  convParams,
  fullWindow,
  lineSplits,
} from './conv_geometry.ts';
import { groupedForward, groupedGradW, groupedGradX } from './conv2d_grouped.ts';
import { narrowFits, narrowForward } from './conv2d_narrow.ts';
import { gemmLaunch } from './gemm.ts';
import { type PaddingMode, pad2d } from './pad2d.ts';
import { sumRows } from './reduce.ts';
import { transpose } from './transpose.ts';
import { type Bordered, winogradForward, winogradGradX, winogradTile } from './winograd.ts';

/** How a convolution moves over x, and what it finds beyond the border. */
export interface ConvOptions extends ConvWindow {
  readonly paddingMode?: PaddingMode;
}

/** What the tuner tells one convolution's product from another's by, beside its sizes. */
const problem = (pass: string, g: ConvGeometry) => ({
  kernel: `conv2d/${pass} ${g.kh}x${g.kw} s${g.stride[0]}`,
  depth: g.kh * g.kw * g.cin,
  segment: g.cin,
});

/**
 * The forward product; `residual` is added in the store. `bare` is x before it got its border: what can lay the border
 * on by itself reads that, and the planner drops the launch that would have done it.
 */
export function convForward(
  g: ConvGeometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
  bare: Bordered = { x, padding: g.padding, mode: 'zeros' },
): Tensor {
  if (g.groups > 1) return groupedForward(g, x, w, bias, residual);
  const tile = winogradTile(x.gpu, g);
  if (tile) return winogradForward(tile, g, bare, w, bias, residual);
  if (narrowFits(x.gpu, w, g)) return narrowForward(g, bare, w, bias, residual);
  const y = x.like([g.n, g.oh, g.ow, g.cout]);
  const rows = g.n * g.oh * g.ow;
  const launch = gemmLaunch(x.gpu, {
    ...problem('forward', g),
    rows,
    cols4: y.pitch / 4,
    batch: 1,
    operands: [x, w, y],
  });
  const overrides = { ...launch.overrides, HAS_BIAS: bias !== null, HAS_RESIDUAL: residual !== null };
  x.gpu.run(
    forward,
    { x, w, bias: bias ?? w, residual: residual ?? w, y },
    { ...convParams(g), rows },
    { ...launch, overrides, flops: convFlops(g) },
  );
  return y;
}

/** The product with w transposed, by sub-pixel phases: dx of a convolution, y of a transposed one (then with bias). */
export function convGradX(g: ConvGeometry, dy: Tensor, w: Tensor, bias: Tensor | null): Tensor {
  if (g.groups > 1) return groupedGradX(g, dy, w, bias);
  const tile = winogradTile(dy.gpu, g);
  if (tile) return winogradGradX(tile, g, dy, w, bias);
  const wt = transpose(null, w);
  const dx = dy.like([g.n, g.h, g.w, g.cin]);
  const [sy, sx] = g.stride;
  const [qh, qw] = [Math.ceil(g.h / sy), Math.ceil(g.w / sx)];
  const launch = gemmLaunch(dy.gpu, {
    ...problem('grad_x', g),
    rows: g.n * qh * qw,
    cols4: dx.pitch / 4,
    depth: (g.kh * g.kw * g.cout) / (sy * sx),
    segment: g.cout,
    batch: sy * sx,
    operands: [dy, wt, dx],
  });
  const overrides = { ...launch.overrides, HAS_BIAS: bias !== null };
  dy.gpu.run(
    gradXKernel,
    { dy, wt, bias: bias ?? wt, dx },
    { ...convParams(g), qh, qw },
    { ...launch, overrides, flops: convFlops(g) },
  );
  return dx;
}

/** dw of a convolution; of a transposed one with x and dy exchanged. */
export function convGradW(g: ConvGeometry, x: Tensor, dy: Tensor): Tensor {
  if (g.groups > 1) return groupedGradW(g, x, dy);
  const shape = [g.kh, g.kw, g.cin, g.cout];
  const rows = g.kh * g.kw * g.cin;
  const { splits, ...lines } = lineSplits(g);
  const dw = dy.like(splits > 1 ? [splits, ...shape] : shape, 'f32');
  const launch = gemmLaunch(dy.gpu, {
    ...problem('grad_w', g),
    rows,
    cols4: dy.pitch / 4,
    depth: g.ow * lines.lines_per_split,
    segment: g.ow,
    batch: splits,
    operands: [x, dy, dw],
    rowsFirst: true,
  });
  const params = { ...convParams(g), ...lines, rows };
  dy.gpu.run(gradWKernel, { x, dy, dw }, params, { ...launch, flops: convFlops(g) });
  return splits > 1 ? sumRows(dw, splits, shape) : dw;
}

function geometryOf(x: Tensor, w: Tensor, options: ConvWindow): ConvGeometry {
  const window = fullWindow(options);
  const { stride, padding, dilation, groups } = window;
  const [n, h, width, cin] = x.shape as [number, number, number, number];
  const [kh, kw, , cout] = w.shape as [number, number, number, number];
  expect(
    cin === w.shape[2]! * groups && cout % groups === 0,
    'conv2d',
    `w is ${showShape(w.shape)}, x is ${showShape(x.shape)}, groups ${groups}`,
  );
  const oh = convLength(h, kh, stride[0], padding[0], dilation[0]);
  const ow = convLength(width, kw, stride[1], padding[1], dilation[1]);
  expect(
    oh > 0 && ow > 0,
    'conv2d',
    `kernel ${kh}x${kw} does not fit into x ${showShape(x.shape)} with padding ${padding}`,
  );
  return { n, h, w: width, cin, oh, ow, cout, kh, kw, ...window };
}

/** Carries out a padding that is not of zeros, so that the convolution itself needs none. */
export function padded(
  tape: Tape | null,
  x: Tensor,
  options: ConvOptions,
): { x: Tensor; window: ConvWindow } {
  const { paddingMode = 'zeros', ...window } = options;
  const [py, px] = window.padding ?? [0, 0];
  if (paddingMode === 'zeros' || py + px === 0) return { x, window };
  return { x: pad2d(tape, x, [px, px, py, py], paddingMode), window: { ...window, padding: [0, 0] } };
}

/**
 * y[p, o] = bias[o] + residual[p, o] + sum over taps t and channels i of o's group of
 * x[p * stride + t * dilation - padding, i] w[t, i, o]; beyond the border x is what `paddingMode` says (zeros).
 *
 * @param x - `[n, h, w, cin]`
 * @param w - `[kh, kw, cin / groups, cout]` (PyTorch's weight `[cout, cin / groups, kh, kw]`, permuted)
 * @param bias - `[cout]` or null
 * @param residual - `[n, oh, ow, cout]`, added in the store, or null
 * @returns `[n, oh, ow, cout]`
 * @throws ShapeError when channels disagree, the output is empty or the padding is too wide for its mode
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
    x.shape.length === 4 && w.shape.length === 4,
    'conv2d',
    `w is ${showShape(w.shape)}, x is ${showShape(x.shape)}`,
  );
  const { x: from, window } = padded(tape, x, options);
  const g = geometryOf(from, w, window);
  expect(
    !bias || sameShape(bias.shape, [g.cout]),
    'conv2d',
    `bias is ${showShape(bias?.shape ?? [])}, w is ${showShape(w.shape)}`,
  );
  const { paddingMode: mode = 'zeros', padding = [0, 0] } = options;
  const y = convForward(g, from, w, bias, residual, { x, padding, mode });
  expect(
    !residual || sameShape(residual.shape, y.shape),
    'conv2d',
    `residual is ${showShape(residual?.shape ?? [])}, y is ${showShape(y.shape)}`,
  );
  if (TRAINING) {
    tape?.record(y, [from, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])], (dy) => [
      convGradX(g, dy, w, null),
      convGradW(g, from, dy),
      ...(bias ? [sumRows(dy, dy.rows, bias.shape)] : []),
      ...(residual ? [dy] : []),
    ]);
  }
  return y;
}
