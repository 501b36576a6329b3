import forward from '#kernels/matmul/forward.wgsl';
import { expect } from '../errors.ts';
import { product, sameShape, showShape } from '../shape.ts';
import type { Tape } from '../tape.ts';
import type { Tensor } from '../tensor.ts';
import { gemmLaunch } from './gemm.ts';
import { sumRows } from './reduce.ts';
import { transpose } from './transpose.ts';

/** Which sides are stored transposed, and what is added in the store. */
export interface MatmulOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly bias?: Tensor | null;
  readonly residual?: Tensor | null;
  /** Whose precision the product has, if not a's: a gradient has that of its tensor. */
  readonly like?: Tensor;
}

/** Where b is stored transposed it is turned first: n k moves for m n k products, and once where b is frozen. */
function multiply(a: Tensor, right: Tensor, shape: readonly number[], options: MatmulOptions): Tensor {
  const { transA = false, bias = null, residual = null } = options;
  const b = options.transB ? transpose(null, right) : right;
  const y = (options.like ?? a).like(shape);
  const [m, n] = [shape.at(-2)!, shape.at(-1)!];
  const k = a.shape.at(transA ? -2 : -1)!;
  const batch = product(shape.slice(0, -2));
  const stride = (t: Tensor) =>
    t.shape.length > 2 && product(t.shape.slice(0, -2)) > 1 ? t.pitch * t.shape.at(-2)! : 0;
  const n4 = y.pitch / 4;
  const params = { m, n, k, a_pitch: a.pitch, n4, a_batch: stride(a), b_batch4: stride(b) / 4 };
  const launch = gemmLaunch(a.gpu, {
    kernel: transA ? 'matmul/forward a^T' : 'matmul/forward',
    rows: m,
    cols4: n4,
    depth: k,
    batch,
    operands: [a, b, y],
    rowsFirst: transA,
  });
  const overrides = {
    ...launch.overrides,
    TRANS_A: transA,
    HAS_BIAS: bias !== null,
    HAS_RESIDUAL: residual !== null,
  };
  a.gpu.run(forward, { a, b, bias: bias ?? b, residual: residual ?? b, y }, params, {
    ...launch,
    overrides,
    flops: 2 * batch * m * n * k,
  });
  return y;
}

/**
 * y = op(a) op(b), op transposing the last two dimensions where asked; leading dimensions are equal or absent.
 *
 * @param a - `[..., m, k]`, or `[..., k, m]` with transA
 * @param b - `[..., k, n]`, or `[..., n, k]` with transB
 * @returns `[..., m, n]`
 * @throws ShapeError when k or the leading dimensions disagree
 */
export function matmul(
  tape: Tape | null,
  a: Tensor,
  b: Tensor,
  options: { transA?: boolean; transB?: boolean } = {},
): Tensor {
  const { transA = false, transB = false } = options;
  const [m, k] = transA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!];
  const [n, kb] = transB ? [b.shape.at(-2)!, b.shape.at(-1)!] : [b.shape.at(-1)!, b.shape.at(-2)!];
  const lead = a.shape.slice(0, -2);
  expect(
    k === kb && sameShape(lead, b.shape.slice(0, -2)),
    'matmul',
    `a is ${showShape(a.shape)}, b is ${showShape(b.shape)}, transA ${transA}, transB ${transB}`,
  );
  const y = multiply(a, b, [...lead, m, n], options);
  if (TRAINING) {
    tape?.record(y, [a, b], (dy) => [
      transA
        ? multiply(b, dy, a.shape, { transA: transB, transB: true, like: a })
        : multiply(dy, b, a.shape, { transB: !transB, like: a }),
      transB
        ? multiply(dy, a, b.shape, { transA: true, transB: transA, like: b })
        : multiply(a, dy, b.shape, { transA: !transA, like: b }),
    ]);
  }
  return y;
}

/**
 * y = x w + bias + residual over rows: every leading dimension of x is a row.
 *
 * @param x - `[..., in]`
 * @param w - `[in, out]` (PyTorch's weight, transposed)
 * @param bias - `[out]` or null
 * @param residual - `[..., out]` or absent
 * @returns `[..., out]`
 * @throws ShapeError when the sizes disagree
 */
export function linear(
  tape: Tape | null,
  x: Tensor,
  w: Tensor,
  bias: Tensor | null,
  residual: Tensor | null = null,
): Tensor {
  const [inputs, outputs] = [w.shape[0]!, w.shape[1]!];
  expect(
    w.shape.length === 2 && x.shape.at(-1) === inputs,
    'linear',
    `x is ${showShape(x.shape)}, w is ${showShape(w.shape)}`,
  );
  expect(
    !bias || sameShape(bias.shape, [outputs]),
    'linear',
    `bias is ${showShape(bias?.shape ?? [])}, w is ${showShape(w.shape)}`,
  );
  const rows = x.view([x.rows, inputs]);
  const shape = [...x.shape.slice(0, -1), outputs];
  const flat = residual?.view([x.rows, outputs]) ?? null;
  const y = multiply(rows, w, [x.rows, outputs], { bias, residual: flat }).view(shape);
  if (TRAINING) {
    const inputsOfOp = [x, w, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
    tape?.record(y, inputsOfOp, (dy) => {
      const dRows = dy.view([x.rows, outputs]);
      const dx = multiply(dRows, w, [x.rows, inputs], { transB: true, like: x }).view(x.shape);
      const dw = multiply(rows, dRows, w.shape, { transA: true, like: w });
      return [dx, dw, ...(bias ? [sumRows(dy, x.rows, bias.shape)] : []), ...(residual ? [dy] : [])];
    });
  }
  return y;
}
