import forward from '#kernels/conv2d_grouped/forward.wgsl';
import gradWKernel from '#kernels/conv2d_grouped/grad_w.wgsl';
import gradXKernel from '#kernels/conv2d_grouped/grad_x.wgsl';
import { grid1d } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { type ConvGeometry, convFlops, convParams, lineSplits } from './conv_geometry.ts';
import { sumRows } from './reduce.ts';

const WG = 64;

// One channel in and one out in each group: a vec4 of output channels reads one vec4 of input channels.
const isDepthwise = (g: ConvGeometry): boolean => g.groups === g.cin && g.groups === g.cout;

/** As convForward, for several groups; w `[kh, kw, cin / groups, cout]`. */
export function groupedForward(
  g: ConvGeometry,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
): Tensor {
  const y = x.like([g.n, g.oh, g.ow, g.cout]);
  const overrides = {
    WG,
    HAS_BIAS: bias !== null,
    HAS_RESIDUAL: residual !== null,
    DEPTHWISE: isDepthwise(g),
  };
  x.gpu.run(forward, { x, w, bias: bias ?? w, residual: residual ?? w, y }, convParams(g), {
    groups: grid1d(y.length / 4, WG),
    overrides,
    flops: convFlops(g),
  });
  return y;
}

/** As convGradX, for several groups. */
export function groupedGradX(g: ConvGeometry, dy: Tensor, w: Tensor, bias: Tensor | null): Tensor {
  const dx = dy.like([g.n, g.h, g.w, g.cin]);
  dy.gpu.run(gradXKernel, { dy, w, bias: bias ?? w, dx }, convParams(g), {
    groups: grid1d(dx.length / 4, WG),
    overrides: { WG, HAS_BIAS: bias !== null, DEPTHWISE: isDepthwise(g) },
    flops: convFlops(g),
  });
  return dx;
}

/** As convGradW, for several groups. */
export function groupedGradW(g: ConvGeometry, x: Tensor, dy: Tensor): Tensor {
  const shape = [g.kh, g.kw, g.cin / g.groups, g.cout];
  const { splits, ...lines } = lineSplits(g);
  const dw = dy.like(splits > 1 ? [splits, ...shape] : shape, 'f32');
  const rows = dw.rows / splits;
  dy.gpu.run(
    gradWKernel,
    { x, dy, dw },
    { ...convParams(g), ...lines, rows },
    {
      groups: [...grid1d((rows * dw.pitch) / 4, WG), splits],
      overrides: { WG, DEPTHWISE: isDepthwise(g) },
      flops: convFlops(g),
    },
  );
  return splits > 1 ? sumRows(dw, splits, shape) : dw;
}
