import inputF2 from '#kernels/winograd/input_f2.wgsl';
import inputF4 from '#kernels/winograd/input_f4.wgsl';
import outputF2 from '#kernels/winograd/output_f2.wgsl';
import outputF4 from '#kernels/winograd/output_f4.wgsl';
import weightF2 from '#kernels/winograd/weight_f2.wgsl';
import weightF4 from '#kernels/winograd/weight_f4.wgsl';
import type { Gpu } from '../gpu.ts';
import { grid1d, roundUp } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import type { ConvGeometry, Pair } from './conv_geometry.ts';
import { matmul } from './matmul.ts';
import { MODES, type PaddingMode } from './pad2d.ts';

/** Winograd's convolutions by the edge of their output tiles: F(2x2, 3x3) and F(4x4, 3x3). */
export const winogradTiles = ['f2', 'f4'] as const;

export type WinogradTile = (typeof winogradTiles)[number];

// `edge` of a tile in outputs, and the number of positions that its transforms lead to.
const TILES = {
  f2: { edge: 2, positions: 16, input: inputF2, weight: weightF2, output: outputF2 },
  f4: { edge: 4, positions: 36, input: inputF4, weight: weightF4, output: outputF4 },
} as const;

const WG = 64;
// From here on the transforms cost less on llvmpipe than they save, even if the weight's is made at every run (0007).
const LEAST = { channels: 16, tiles: 64 } as const;
// A dimension of the grid, in workgroups of at least eight tiles.
const MOST_TILES = 65535 * 8;

/** Threads over channels and tiles. */
function grid(c4: number, tiles: number) {
  const WX = Math.min(8, 2 ** Math.ceil(Math.log2(c4)));
  const WY = WG / WX;
  return { groups: [Math.ceil(c4 / WX), Math.ceil(tiles / WY)], overrides: { WX, WY } } as const;
}

/** A picture whose border is laid on when it is read; not wider than the mode allows. */
export interface Bordered {
  readonly x: Tensor;
  readonly padding: Pair;
  readonly mode: PaddingMode;
}

/** One convolution by 3x3 taps, stride 1, forwards or as an input gradient. */
interface Pass {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly cin: number;
  readonly oh: number;
  readonly ow: number;
  readonly cout: number;
  /** Pixels before the first; below 0 where the first ones are left out. */
  readonly pad: Pair;
  readonly mode: PaddingMode;
  /** The weight is that of the convolution which this one is the gradient of. */
  readonly turned: boolean;
}

/** dx of a convolution is a convolution of dy by the flipped taps, its channels exchanged. */
const gradXPass = ({ n, h, w, cin, oh, ow, cout, padding: [py, px] }: ConvGeometry): Pass => ({
  n,
  h: oh,
  w: ow,
  cin: cout,
  oh: h,
  ow: w,
  cout: cin,
  pad: [2 - py, 2 - px],
  mode: 'zeros',
  turned: true,
});

const tilesOf = ({ n, oh, ow }: Pass, edge: number) => {
  const [th, tw] = [Math.ceil(oh / edge), Math.ceil(ow / edge)];
  return { th, tw, tiles: n * th * tw };
};

/** u `[positions, cin, cout]` of the pass; once, where w is frozen. */
function transformedWeight({ positions, weight }: (typeof TILES)[WinogradTile], p: Pass, w: Tensor): Tensor {
  const u = w.like([positions, p.cin, p.cout], 'f32');
  const params = { cin: w.shape[2]!, cout_pitch: w.pitch, rows: p.cin, cols4: u.pitch / 4 };
  w.gpu.run(weight, { w, u }, params, {
    groups: grid1d(p.cin * params.cols4, WG),
    overrides: { WG, TURNED: p.turned },
    flops: u.length,
  });
  return u;
}

function convolve(
  tile: WinogradTile,
  p: Pass,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
): Tensor {
  const { gpu } = x;
  const form = TILES[tile];
  const { th, tw, tiles } = tilesOf(p, form.edge);
  const u = transformedWeight(form, p, w);
  const v = x.like([form.positions, tiles, p.cin], 'f32');
  const [py, px] = p.pad;
  const c4 = x.pitch / 4;
  const over = grid(c4, tiles);
  gpu.run(
    form.input,
    { x, v },
    { h: p.h, w: p.w, c4, th, tw, tiles, py, px },
    { groups: over.groups, overrides: { ...over.overrides, MODE: MODES[p.mode] }, flops: v.length },
  );
  const m = matmul(null, v, u);
  const y = x.like([p.n, p.oh, p.ow, p.cout]);
  const out4 = y.pitch / 4;
  const out = grid(out4, tiles);
  gpu.run(
    form.output,
    { m, bias: bias ?? m, residual: residual ?? m, y },
    { oh: p.oh, ow: p.ow, c4: out4, th, tw, tiles },
    {
      groups: out.groups,
      overrides: { ...out.overrides, HAS_BIAS: bias !== null, HAS_RESIDUAL: residual !== null },
      flops: m.length,
    },
  );
  return y;
}

/** The forward convolution of g, whose own x may be `bare` with its border laid on. */
export function winogradForward(
  tile: WinogradTile,
  g: ConvGeometry,
  { x, padding, mode }: Bordered,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null,
): Tensor {
  const [, h, width] = x.shape as [number, number, number];
  const pass = { ...g, h, w: width, pad: padding, mode, turned: false };
  return x.gpu.scope(`winograd ${tile}`, () => convolve(tile, pass, x, w, bias, residual));
}

/** dx of a convolution with zero padding. */
export function winogradGradX(
  tile: WinogradTile,
  g: ConvGeometry,
  dy: Tensor,
  w: Tensor,
  bias: Tensor | null,
): Tensor {
  return dy.gpu.scope(`winograd ${tile}`, () => convolve(tile, gradXPass(g), dy, w, bias, null));
}

/** Whether the transformed x, y and their gradients fit into bindings, and their tiles into a grid. */
function fits(gpu: Gpu, g: ConvGeometry, { edge, positions }: (typeof TILES)[WinogradTile]): boolean {
  const tiles = g.n * Math.ceil(Math.max(g.h, g.oh) / edge) * Math.ceil(Math.max(g.w, g.ow) / edge);
  const bytes = 4 * positions * tiles * roundUp(Math.max(g.cin, g.cout), 4);
  return bytes <= gpu.device.limits.maxStorageBufferBindingSize && tiles <= MOST_TILES;
}

/** What to take where the caller left it open: what was measured to win, and nothing on devices that were not. */
function ruled(gpu: Gpu, { n, oh, ow, cin, cout }: ConvGeometry): WinogradTile | 'off' {
  const { edge } = TILES.f4;
  const tiles = n * Math.ceil(oh / edge) * Math.ceil(ow / edge);
  const pays = Math.min(cin, cout) >= LEAST.channels && tiles >= LEAST.tiles;
  return gpu.features.software && pays ? 'f4' : 'off';
}

/**
 * The tile that this convolution is computed by, forwards and for its input gradient; null where it is a plain product.
 * As the device was opened, for 3x3 taps at stride 1 in one group, where the transformed tensors fit into a binding.
 */
export function winogradTile(gpu: Gpu, g: ConvGeometry): WinogradTile | null {
  const { kh, kw, stride, dilation, groups } = g;
  if (kh !== 3 || kw !== 3 || groups > 1 || [...stride, ...dilation].some((step) => step > 1)) return null;
  const tile = gpu.winograd ?? ruled(gpu, g);
  return tile === 'off' || !fits(gpu, g, TILES[tile]) ? null : tile;
}
