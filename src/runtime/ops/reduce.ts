import rowsKernel from '#kernels/reduce/rows.wgsl';
import { grid1d } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

const WG = 64;
const SPAN = 64;

/**
 * y[c] = scale * sum over r of x[r, c], over `rows` rows of `x.length / rows` floats; fixed order, in spans of 64.
 * No gradient: it is the tail of other ops' backwards and of losses.
 *
 * @returns one row, of shape `shape`
 */
export function sumRows(x: Tensor, rows: number, shape: readonly number[], scale = 1): Tensor {
  const c4 = x.length / rows / 4;
  let from = x;
  let left = rows;
  do {
    const groups = Math.ceil(left / SPAN);
    const to = x.like(groups === 1 ? shape : [groups, c4 * 4]);
    const params = { rows: left, groups, c4, span: SPAN, scale: groups === 1 ? scale : 1 };
    const flops = left * c4 * 4;
    x.gpu.run(rowsKernel, { x: from, y: to }, params, {
      groups: grid1d(groups * c4, WG),
      overrides: { WG },
      flops,
    });
    from = to;
    left = groups;
  } while (left > 1);
  return from;
}
