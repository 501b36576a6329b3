import kernel from '#kernels/cast/forward.wgsl';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * y = x in another precision, to nearest; from 65520 on f16 is infinity. What is computed from f16 is stored as f16, but for
 * sums, statistics, losses and gradients of f32 weights.
 *
 * @param x - any shape, f32 or f16
 * @returns x's shape; x itself where nothing changes
 */
export function cast(tape: Tape | null, x: Tensor, dtype: 'f32' | 'f16'): Tensor {
  if (x.dtype === dtype) return x;
  const y = x.like(x.shape, dtype);
  const n4 = x.length / 4;
  x.gpu.run(kernel, { x, y }, { n4 }, { groups: grid1d(n4, WG), overrides: { WG } });
  if (TRAINING) {
    const back = x.dtype === 'f16' ? 'f16' : 'f32';
    tape?.record(y, [x], (dy) => [cast(null, dy, back)]);
  }
  return y;
}
