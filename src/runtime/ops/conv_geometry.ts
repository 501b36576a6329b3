import { roundUp } from '../shape.ts';

/** (vertical, horizontal), in pixels. */
export type Pair = readonly [number, number];

/** How a kernel moves over a picture; one pixel, no padding, one group where left out. */
export interface ConvWindow {
  readonly stride?: Pair;
  readonly padding?: Pair;
  readonly dilation?: Pair;
  /** Channels fall into this many groups, each with weights of its own; as many groups as channels is depthwise. */
  readonly groups?: number;
}

/** A convolution with all sizes known: x `[n, h, w, cin]`, w `[kh, kw, cin / groups, cout]`, y `[n, oh, ow, cout]`. */
export interface ConvGeometry extends Required<ConvWindow> {
  readonly n: number;
  readonly h: number;
  readonly w: number;
  readonly cin: number;
  readonly oh: number;
  readonly ow: number;
  readonly cout: number;
  readonly kh: number;
  readonly kw: number;
}

/** The window with nothing left out. */
export const fullWindow = (options: ConvWindow): Required<ConvWindow> => ({
  stride: options.stride ?? [1, 1],
  padding: options.padding ?? [0, 0],
  dilation: options.dilation ?? [1, 1],
  groups: options.groups ?? 1,
});

/** Output length of a convolution along one axis. */
export const convLength = (n: number, k: number, s: number, p: number, d: number): number =>
  Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1;

export const convFlops = (g: ConvGeometry): number =>
  (2 * g.n * g.oh * g.ow * g.cout * g.kh * g.kw * g.cin) / g.groups;

/** The sizes of a convolution under the names that its kernels give them. */
export const convParams = (g: ConvGeometry) => ({
  n: g.n,
  h: g.h,
  w: g.w,
  cin: g.cin,
  cin_pitch: roundUp(g.cin, 4),
  cin4: Math.ceil(g.cin / 4),
  oh: g.oh,
  ow: g.ow,
  cout: g.cout,
  cout_pitch: roundUp(g.cout, 4),
  cout4: Math.ceil(g.cout / 4),
  cin_group: g.cin / g.groups,
  cout_group: g.cout / g.groups,
  kh: g.kh,
  kw: g.kw,
  sy: g.stride[0],
  sx: g.stride[1],
  py: g.padding[0],
  px: g.padding[1],
  dy: g.dilation[0],
  dx: g.dilation[1],
});

// Output pixels that one split of a weight gradient adds up: enough to be worth a launch, few enough to spread.
const PIXELS_PER_SPLIT = 4096;

/** How the lines of y are dealt out, so that wide devices stay busy where there are few weights. */
export function lineSplits(g: ConvGeometry): { lines: number; lines_per_split: number; splits: number } {
  const lines = g.n * g.oh;
  const perSplit = Math.min(lines, Math.max(1, Math.ceil(PIXELS_PER_SPLIT / g.ow)));
  return { lines, lines_per_split: perSplit, splits: Math.ceil(lines / perSplit) };
}
