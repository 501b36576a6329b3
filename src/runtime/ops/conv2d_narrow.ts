import narrow from '#kernels/conv2d/narrow.wgsl';
import type { Gpu } from '../gpu.ts';
import type { Tensor } from '../tensor.ts';
import { type ConvGeometry, type ConvWindow, convFlops, convParams, fullWindow } from './conv_geometry.ts';
import { MODES } from './pad2d.ts';
import type { Bordered } from './winograd.ts';

/** Taps in a row that are unrolled at most. */
const MOST_TAPS = 11;

/** Output channels up to which conv2d/narrow is the faster kernel: more where a row of taps makes more of each load. */
const mostChannels = (kw: number): number => (kw >= 7 ? 32 : 16);

/**
 * Whether conv2d/narrow serves this weight, `[kh, kw, cin, cout]`. It was measured on software devices alone, where a
 * load costs as much as fifty sums; a forced family is obeyed.
 */
export function narrowFits({ family, features }: Gpu, w: Tensor, options: ConvWindow): boolean {
  const { stride, dilation, groups } = fullWindow(options);
  const [, kw = 0, , cout = 0] = w.shape;
  const small = kw > 1 && kw <= MOST_TAPS && cout <= mostChannels(kw);
  const dense = groups === 1 && [...stride, ...dilation].every((step) => step === 1);
  return !family && features.software && features.subgroupSize >= 4 && small && dense;
}

/** The block of output pixels that a lane owns: wide, and where lines are too short for that, tall. */
function blockOf(size: number, ow: number): readonly [oy: number, ox: number] {
  return ow > size * 4 ? [2, 8] : [4, ow > size * 2 ? 4 : 2];
}

/** The forward product by conv2d/narrow, which reads what lies beyond the border of x in place. */
export function narrowForward(
  g: ConvGeometry,
  { x, padding: [py, px], mode }: Bordered,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
): Tensor {
  const [, h, width] = x.shape as [number, number, number, number];
  const y = x.like([g.n, g.oh, g.ow, g.cout]);
  const size = x.gpu.features.subgroupSize;
  const [oy, ox] = blockOf(size, g.ow);
  const wy = Math.min(4, Math.ceil(g.oh / oy));
  const overrides = {
    WY: wy,
    MODE: MODES[mode],
    LAST: g.cout < 4 ? g.cout : 4,
    HAS_BIAS: bias !== null,
    HAS_RESIDUAL: residual !== null,
  };
  const held = Math.ceil(g.kw / size);
  x.gpu.run(
    narrow,
    { x, w, bias: bias ?? w, residual: residual ?? w, y },
    { ...convParams(g), h, w: width, py, px },
    {
      groups: [Math.ceil(g.ow / (size * ox)), Math.ceil(g.oh / (oy * wy)), g.n * (y.pitch / 4)],
      overrides,
      specials: { SG: size, OY: oy, LATER: oy - 1, OX: ox, KW: g.kw, IX: ox + g.kw - 1, HELD: held },
      flops: convFlops(g),
    },
  );
  return y;
}
