import forward from '#kernels/transpose/forward.wgsl';
import { grid1d, product } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y[..., j, i] = x[..., i, j].
 *
 * @param x - `[..., rows, cols]`
 * @returns `[..., cols, rows]`
 */
export function transpose(tape: Tape | null, x: Tensor): Tensor {
  const [rows, cols] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const lead = x.shape.slice(0, -2);
  const y = x.like([...lead, cols, rows]);
  const count = product(lead);
  const params = { count, rows, cols, x_pitch4: x.pitch / 4, y_pitch4: y.pitch / 4 };
  const threads = (count * x.pitch * y.pitch) / 16;
  x.gpu.run(forward, { x, y }, params, { groups: grid1d(threads, WG), overrides: { WG }, flops: 0 });
  if (TRAINING) tape?.record(y, [x], (dy) => [transpose(null, dy)]);
  return y;
}
