import apply from '#kernels/channel_norm/apply.wgsl';
import combine from '#kernels/channel_norm/combine.wgsl';
import gradGroup from '#kernels/channel_norm/grad_group.wgsl';
import gradSums from '#kernels/channel_norm/grad_sums.wgsl';
import gradXKernel from '#kernels/channel_norm/grad_x.wgsl';
import group from '#kernels/channel_norm/group.wgsl';
import moments from '#kernels/channel_norm/moments.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { activationOverrides } from './activation.ts';
import { sumRows } from './reduce.ts';
import { slice } from './slice.ts';

/** A factor and a summand per channel, `[c]` each. */
export interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** What a normalisation is asked beside its input. */
export interface NormOptions {
  /** Added to the variance; above 0. */
  readonly eps?: number;
  /** Applied to what is normalised, in the same pass. */
  readonly activation?: 'relu' | 'leaky_relu';
  /** Of leaky_relu below zero. */
  readonly slope?: number;
  /** Added last, in the same pass; as large as x. */
  readonly residual?: Tensor | null;
}

/** How x is looked at: `[n, pixels, c]`, statistics per picture and group of `size` channels. */
export interface NormView {
  /** Name of the op, for messages and profiles. */
  readonly op: string;
  readonly n: number;
  readonly pixels: number;
  readonly size: number;
  /** Mean and variance, `[2, 1, c]`, where x's own are not wanted. */
  readonly given?: Tensor;
}

/** One normalisation with all that its passes over x read. */
interface Norm {
  readonly view: NormView;
  readonly affine: Affine | null;
  readonly eps: number;
  readonly tensors: {
    readonly x: Tensor;
    readonly stats: Tensor;
    readonly weight: Tensor;
    readonly bias: Tensor;
  };
  readonly overrides: Readonly<Record<string, number | boolean>>;
}

const WG = 64;
// Pixels that a thread of a pass over x takes, so that what it reads per channel is read seldom.
const SPAN = 16;

/** Threads of a GPU that merge the chunks of a channel; a software device has nothing to gain from more than one. */
const MERGERS = 64;

const mergers = ({ gpu }: Tensor): number => (gpu.features.software ? 1 : MERGERS);

/**
 * As many chunks as pixels in one: both the walk down a chunk and the walk over the chunks stay short. The walk over them
 * is shared by all mergers, so that there may be as many times more.
 */
const chunkSpan = (x: Tensor, pixels: number): number =>
  Math.max(SPAN, Math.ceil(Math.sqrt(pixels / mergers(x))));

/** A pass over x: one thread for each picture, chunk of `span` pixels and vec4 of channels. */
function over(x: Tensor, { op, n, pixels }: NormView, span: number, name: string, flopsPerValue: number) {
  const chunks = Math.ceil(pixels / span);
  const c4 = x.pitch / 4;
  const groups = grid1d(n * chunks * c4, WG);
  const launch = { groups, overrides: { WG }, flops: flopsPerValue * x.size, label: `${op}/${name}` };
  return { chunks, params: { n, pixels, c4, span, chunks }, launch };
}

/** A pass over what is left per channel: one thread for each of `threads`. */
const small = ({ op }: NormView, threads: number, name: string, flops: number) => ({
  groups: grid1d(threads, WG),
  overrides: { WG },
  flops,
  label: `${op}/${name}`,
});

/** `[2, n, c]`: the means, as distances from each picture's first pixel, then the variances. */
function statistics(x: Tensor, view: NormView): Tensor {
  const { n, pixels, size } = view;
  const c = x.shape.at(-1)!;
  const { chunks, params, launch } = over(x, view, chunkSpan(x, pixels), 'moments', 7);
  const parts = x.like([n, chunks, 2, c], 'f32');
  const stats = x.like([2, n, c], 'f32');
  x.gpu.run(moments, { x, parts }, params, launch);
  const merging = small(view, n * params.c4 * mergers(x), 'combine', 10 * n * chunks * c);
  x.gpu.run(combine, { parts, stats }, params, { ...merging, specials: { MERGERS: mergers(x) } });
  if (size === 1) return stats;
  const to = stats.like();
  const grouping = small(view, n * x.pitch, 'group', 8 * n * c * size);
  x.gpu.run(group, { x, stats, group_stats: to }, { n, pixels, c, pitch: x.pitch, size }, grouping);
  return to;
}

/** `[2, n, c]`: sums over the pixels of g and of g xhat, g being dy through the activation. */
function gradientSums({ view, eps, tensors, overrides }: Norm, dy: Tensor): Tensor {
  const { n, pixels } = view;
  const c = dy.shape.at(-1)!;
  const { chunks, params, launch } = over(dy, view, chunkSpan(dy, pixels), 'grad_sums', 8);
  const parts = dy.like([2, n, chunks, c], 'f32');
  dy.gpu.run(gradSums, { ...tensors, dy, parts }, { ...params, eps }, { ...launch, overrides });
  return sumRows(parts, chunks, [2, n, c], 1, 2 * n);
}

/** The sums of each channel weighted and averaged over its group. */
function groupSums({ view, affine }: Norm, sums: Tensor): Tensor {
  const { n, size } = view;
  const to = sums.like();
  const launch = small(view, sums.length, 'grad_group', 2 * sums.size * size);
  const overrides = { WG, HAS_AFFINE: affine !== null };
  const params = { n, c: sums.shape.at(-1)!, pitch: sums.pitch, size };
  const tensors = { sums, weight: affine?.weight ?? sums, group_sums: to };
  sums.gpu.run(gradGroup, tensors, params, { ...launch, overrides });
  return to;
}

/** Gradients of x, and of weight and bias where there are any. */
function gradients(norm: Norm, dy: Tensor): Tensor[] {
  const { view, affine, eps, tensors, overrides } = norm;
  const { n, pixels, given } = view;
  const dx = dy.like();
  const sums = gradientSums(norm, dy);
  const grouped = !given && view.size > 1;
  const used = given ? tensors.stats : grouped ? groupSums(norm, sums) : sums;
  const { params, launch } = over(dy, view, SPAN, 'grad_x', 10);
  dy.gpu.run(
    gradXKernel,
    { ...tensors, dy, sums: used, dx },
    { ...params, eps, share: given ? 0 : 1 / pixels },
    { ...launch, overrides: { ...overrides, GROUPED: grouped } },
  );
  if (!affine) return [dx];
  const overPictures = (row: number) => sumRows(slice(null, sums, row, 1, 'first'), n, affine.weight.shape);
  return [dx, overPictures(1), overPictures(0)];
}

function check(x: Tensor, affine: Affine | null, { eps = 1e-5, residual }: NormOptions, op: string): void {
  const shown = `x is ${showShape(x.shape)}`;
  for (const t of affine ? [affine.weight, affine.bias] : [])
    expect(sameShape(t.shape, x.shape.slice(-1)), op, `weight or bias is ${showShape(t.shape)}, ${shown}`);
  const fits = !residual || sameShape(residual.shape, x.shape);
  expect(fits, op, `residual is ${showShape(residual?.shape ?? [])}, ${shown}`);
  expect(eps > 0, op, `eps is ${eps}, it must be above 0`);
}

/**
 * y = f((x - mean) / sqrt(variance + eps) * weight + bias) + residual, in three launches; the common core of instance,
 * group and batch norm.
 *
 * @returns x's shape
 * @throws ShapeError when affine or residual do not fit x, or eps is not above 0
 */
export function channelNorm(
  tape: Tape | null,
  x: Tensor,
  affine: Affine | null,
  options: NormOptions,
  view: NormView,
): Tensor {
  check(x, affine, options, view.op);
  const { eps = 1e-5, activation, slope, residual = null } = options;
  const stats = view.given ?? statistics(x, view);
  const tensors = { x, stats, weight: affine?.weight ?? x, bias: affine?.bias ?? x };
  const overrides = {
    WG,
    SHIFTED: !view.given,
    HAS_AFFINE: affine !== null,
    ...(activation ? activationOverrides(activation, slope) : {}),
  };
  const y = x.like();
  const { params, launch } = over(x, view, SPAN, 'apply', 6);
  x.gpu.run(
    apply,
    { ...tensors, residual: residual ?? x, y },
    { ...params, eps },
    { ...launch, overrides: { ...overrides, HAS_RESIDUAL: residual !== null } },
  );
  if (TRAINING) {
    const norm = { view, affine, eps, tensors, overrides };
    const inputs = [x, ...(affine ? [affine.weight, affine.bias] : []), ...(residual ? [residual] : [])];
    tape?.record(y, inputs, (dy) => [...gradients(norm, dy), ...(residual ? [dy] : [])]);
  }
  return y;
}
