import kernel from '#kernels/attention/regroup.wgsl';
import { grid1d } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;

/**
 * The heads of x widened with zeros or narrowed, so that each begins at a multiple of 4; x itself where nothing changes.
 *
 * @param x - `[..., heads * from]`
 * @returns `[..., heads * to]`
 */
export function regroup(tape: Tape | null, x: Tensor, heads: number, from: number, to: number): Tensor {
  if (from === to) return x;
  const y = x.like([...x.shape.slice(0, -1), heads * to]);
  const params = {
    rows: x.rows,
    heads,
    from_size: from,
    from_pitch: x.pitch,
    to_size: to,
    to_pitch: y.pitch,
  };
  x.gpu.run(kernel, { x, y }, params, { groups: grid1d(y.length, WG), overrides: { WG } });
  if (TRAINING) tape?.record(y, [x], (dy) => [regroup(null, dy, heads, to, from)]);
  return y;
}
