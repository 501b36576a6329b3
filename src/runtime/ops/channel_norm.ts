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

const WG = 64;
// Pixels that a thread of a pass over x takes, so that what it reads per channel is read seldom.
const SPAN = 16;

/** Threads of a pass over x: one for each picture, chunk of `span` pixels and vec4 of channels. */
function spread(x: Tensor, { n, pixels }: NormView, span: number) {
  const chunks = Math.ceil(pixels / span);
  const c4 = x.pitch / 4;
  return { chunks, groups: grid1d(n * chunks * c4, WG), params: { n, pixels, c4, span, chunks } };
}

/** As many chunks as pixels in one: both the walk down a chunk and the walk over the chunks stay short. */
const chunkSpan = ({ pixels }: NormView): number => Math.max(SPAN, Math.ceil(Math.sqrt(pixels)));

/** `[2, n, c]`: the means, as distances from each picture's first pixel, then the variances. */
function statistics(x: Tensor, view: NormView): Tensor {
  const { op, n, pixels, size } = view;
  const c = x.shape.at(-1)!;
  const { chunks, groups, params } = spread(x, view, chunkSpan(view));
  const parts = x.like([n, chunks, 2, c]);
  const stats = x.like([2, n, c]);
  const overrides = { WG };
  x.gpu.run(moments, { x, parts }, params, {
    groups,
    overrides,
    flops: 7 * x.size,
    label: `${op}/moments`,
  });
  x.gpu.run(combine, { parts, stats }, params, {
    groups: grid1d(n * params.c4, WG),
    overrides,
    flops: 10 * n * chunks * c,
    label: `${op}/combine`,
  });
  if (size === 1) return stats;
  const groupStats = stats.like();
  x.gpu.run(
    group,
    { x, stats, group_stats: groupStats },
    { n, pixels, c, pitch: x.pitch, size },
    { groups: grid1d(n * x.pitch, WG), overrides, flops: 8 * n * c * size, label: `${op}/group` },
  );
  return groupStats;
}

/** `[2, n, c]`: sums over the pixels of g and of g xhat, g being dy through the activation. */
function gradientSums(
  tensors: { x: Tensor; dy: Tensor; stats: Tensor; weight: Tensor; bias: Tensor },
  view: NormView,
  eps: number,
  overrides: Readonly<Record<string, number | boolean>>,
): Tensor {
  const { x } = tensors;
  const c = x.shape.at(-1)!;
  const { chunks, groups, params } = spread(x, view, chunkSpan(view));
  const parts = x.like([2, view.n, chunks, c]);
  x.gpu.run(
    gradSums,
    { ...tensors, parts },
    { ...params, eps },
    {
      groups,
      overrides,
      flops: 8 * x.size,
      label: `${view.op}/grad_sums`,
    },
  );
  return sumRows(parts, chunks, [2, view.n, c], 1, 2 * view.n);
}

/** The sums as the groups' means need them. */
function groupSums(sums: Tensor, affine: Affine | null, { op, n, size }: NormView): Tensor {
  const to = sums.like();
  const params = { n, c: sums.shape.at(-1)!, pitch: sums.pitch, size };
  sums.gpu.run(gradGroup, { sums, weight: affine?.weight ?? sums, group_sums: to }, params, {
    groups: grid1d(sums.length, WG),
    overrides: { WG, HAS_AFFINE: affine !== null },
    flops: 2 * sums.size * size,
    label: `${op}/grad_group`,
  });
  return to;
}

function check(x: Tensor, affine: Affine | null, options: NormOptions, { op }: NormView): void {
  const { eps = 1e-5, residual } = options;
  const c = x.shape.at(-1)!;
  for (const t of affine ? [affine.weight, affine.bias] : [])
    expect(
      sameShape(t.shape, [c]),
      op,
      `weight or bias is ${showShape(t.shape)}, x is ${showShape(x.shape)}`,
    );
  expect(
    !residual || sameShape(residual.shape, x.shape),
    op,
    `residual is ${showShape(residual?.shape ?? [])}, x is ${showShape(x.shape)}`,
  );
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
  check(x, affine, options, view);
  const { eps = 1e-5, activation, slope, residual = null } = options;
  const { op, n, given } = view;
  const { gpu } = x;
  const c = x.shape.at(-1)!;
  const stats = given ?? statistics(x, view);
  const weight = affine?.weight ?? x;
  const bias = affine?.bias ?? x;
  const overrides = {
    WG,
    SHIFTED: !given,
    HAS_AFFINE: affine !== null,
    ...(activation ? activationOverrides(activation, slope) : {}),
  };
  const { groups, params } = spread(x, view, SPAN);
  const y = x.like();
  gpu.run(
    apply,
    { x, stats, weight, bias, residual: residual ?? x, y },
    { ...params, eps },
    {
      groups,
      overrides: { ...overrides, HAS_RESIDUAL: residual !== null },
      flops: 6 * x.size,
      label: `${op}/apply`,
    },
  );
  if (TRAINING) {
    const inputs = [x, ...(affine ? [affine.weight, affine.bias] : []), ...(residual ? [residual] : [])];
    tape?.record(y, inputs, (dy) => {
      const tensors = { x, dy, stats, weight, bias };
      const sums = gradientSums(tensors, view, eps, overrides);
      const grouped = !given && view.size > 1;
      const means = grouped ? groupSums(sums, affine, view) : sums;
      const dx = x.like();
      gpu.run(
        gradXKernel,
        { ...tensors, sums: given ? stats : means, dx },
        { ...params, eps, share: given ? 0 : 1 / view.pixels },
        { groups, overrides: { ...overrides, GROUPED: grouped }, flops: 10 * x.size, label: `${op}/grad_x` },
      );
      const over = (row: number) => sumRows(slice(null, sums, row, 1, 'first'), n, [c]);
      return [dx, ...(affine ? [over(1), over(0)] : []), ...(residual ? [dy] : [])];
    });
  }
  return y;
}
