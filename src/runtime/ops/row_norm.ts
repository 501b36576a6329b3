import forward from '#kernels/row_norm/forward.wgsl';
import gradWKernel from '#kernels/row_norm/grad_w.wgsl';
import gradXKernel from '#kernels/row_norm/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { sumRows } from './reduce.ts';

const WG = 32;
const SPAN = 16;

/** What a norm of rows is asked beside its input. */
export interface RowNormOptions {
  /** Added to the variance, or to the mean square; above 0. */
  readonly eps?: number;
}

/** Which norm of rows, with all that it needs. */
export interface RowNorm {
  readonly op: 'layer_norm' | 'rms_norm';
  readonly eps: number;
  readonly weight: Tensor | null;
  readonly bias: Tensor | null;
}

function gradW(x: Tensor, dy: Tensor, stats: Tensor, norm: RowNorm): Tensor {
  const c4 = x.pitch / 4;
  const span = Math.max(SPAN, Math.ceil(Math.sqrt(x.rows)));
  const chunks = Math.ceil(x.rows / span);
  const threads = chunks * c4;
  const parts = x.like([chunks, x.shape.at(-1)!], 'f32');
  x.gpu.run(
    gradWKernel,
    { x, dy, stats, parts },
    { rows: x.rows, c4, span, threads },
    {
      groups: grid1d(threads, WG),
      overrides: { WG },
      flops: 5 * x.size,
      label: `${norm.op}/grad_w`,
    },
  );
  return sumRows(parts, chunks, norm.weight!.shape);
}

/**
 * y = xhat weight + bias over the last dimension, xhat being the row less its mean over its deviation, or for rms_norm
 * the row over its root mean square; the common core of both.
 *
 * @throws ShapeError when weight or bias do not fit x, or eps is not above 0
 */
export function rowNorm(tape: Tape | null, x: Tensor, norm: RowNorm): Tensor {
  const { op, eps, weight, bias } = norm;
  const c = x.shape.at(-1)!;
  for (const t of [weight, bias])
    expect(!t || sameShape(t.shape, [c]), op, `weight or bias is ${showShape(t?.shape ?? [])}, c is ${c}`);
  expect(eps > 0, op, `eps is ${eps}, it must be above 0`);
  const y = x.like();
  const stats = x.like([x.rows, 4], 'f32');
  const params = { rows: x.rows, c, c4: x.pitch / 4 };
  const overrides = { WG, RMS: op === 'rms_norm', HAS_WEIGHT: weight !== null };
  const groups = grid1d(x.rows, WG);
  x.gpu.run(
    forward,
    { x, weight: weight ?? x, bias: bias ?? x, y, stats },
    { ...params, eps },
    {
      groups,
      overrides: { ...overrides, HAS_BIAS: bias !== null },
      flops: 10 * x.size,
      label: `${op}/forward`,
    },
  );
  if (TRAINING) {
    tape?.record(y, [x, ...(weight ? [weight] : []), ...(bias ? [bias] : [])], (dy) => {
      const dx = x.like();
      const options = { groups, overrides, flops: 12 * x.size, label: `${op}/grad_x` };
      x.gpu.run(gradXKernel, { x, dy, stats, weight: weight ?? x, dx }, params, options);
      return [
        dx,
        ...(weight ? [gradW(x, dy, stats, norm)] : []),
        ...(bias ? [sumRows(dy, x.rows, bias.shape)] : []),
      ];
    });
  }
  return y;
}
