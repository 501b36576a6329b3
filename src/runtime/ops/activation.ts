import forward from '#kernels/activation/forward.wgsl';
import gradXKernel from '#kernels/activation/grad_x.wgsl';
import { expect } from '../errors.ts';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

// Numbers of KIND in kernels/lib/activation.wgsl, in order from 1.
const KINDS = ['relu', 'leaky_relu', 'tanh', 'sigmoid', 'silu', 'softplus', 'gelu', 'gelu_tanh'] as const;

/** `gelu` is exact (by the error function), `gelu_tanh` its usual approximation. */
export type ActivationKind = (typeof KINDS)[number];

/** Overrides of any kernel that imports lib/activation: a convolution's epilogue takes these too. */
export const activationOverrides = (kind: ActivationKind, slope = 0.01): { KIND: number; SLOPE: number } => ({
  KIND: KINDS.indexOf(kind) + 1,
  SLOPE: kind === 'leaky_relu' ? slope : 0,
});

/** Whether f(0) is not 0, so that whoever stores f(x) must zero the padding. */
export const liftsZero = (kind: ActivationKind): boolean => kind === 'sigmoid' || kind === 'softplus';

// What f' is computed from. Where y will do it is y: the next layer keeps its input anyway, and x may be overwritten.
const FROM_Y: readonly ActivationKind[] = ['relu', 'leaky_relu', 'tanh', 'sigmoid'];

/** dx = dy * f'(x) of an {@link activation} that made y of x; only one of the two is read. */
export function activationGradX(
  dy: Tensor,
  x: Tensor,
  y: Tensor,
  kind: ActivationKind,
  slope?: number,
): Tensor {
  const dx = dy.like();
  const n4 = dx.length / 4;
  const saved = FROM_Y.includes(kind) ? y : x;
  const overrides = { WG, ...activationOverrides(kind, slope) };
  const options = { groups: grid1d(n4, WG), overrides, flops: 2 * dx.size, label: `${kind}/grad_x` };
  dy.gpu.run(gradXKernel, { dy, saved, dx }, { n4 }, options);
  return dx;
}

/**
 * How y = f(x) changes where x changes by `dx`: dx * f'(x). Its slope counts as constant, so there is a gradient to dx alone;
 * exact where f is linear by parts.
 *
 * @returns x's shape
 */
export function activationTangent(
  tape: Tape | null,
  dx: Tensor,
  x: Tensor,
  y: Tensor,
  kind: 'relu' | 'leaky_relu',
  slope?: number,
): Tensor {
  const tangent = activationGradX(dx, x, y, kind, slope);
  if (TRAINING) tape?.record(tangent, [dx], (dt) => [activationGradX(dt, x, y, kind, slope)]);
  return tangent;
}

/**
 * y = f(x), element by element.
 *
 * @param x - any shape, f32
 * @param slope - of leaky_relu below zero, 0.01 by default; not negative, so that y tells the sign of x
 * @throws ShapeError when slope is negative
 */
export function activation(tape: Tape | null, x: Tensor, kind: ActivationKind, slope?: number): Tensor {
  expect(!slope || slope > 0, 'activation', `slope is ${slope}, it must not be negative`);
  const y = x.like();
  const n4 = x.length / 4;
  const c = x.shape.at(-1) ?? 1;
  const overrides = { WG, ...activationOverrides(kind, slope), MASK: liftsZero(kind) && c % 4 > 0 };
  const options = { groups: grid1d(n4, WG), overrides, flops: x.size, label: `${kind}/forward` };
  x.gpu.run(forward, { x, y }, { n4, c, c4: x.pitch / 4 }, options);
  if (TRAINING) tape?.record(y, [x], (dy) => [activationGradX(dy, x, y, kind, slope)]);
  return y;
}
