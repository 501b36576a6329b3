import type { AnyKernel } from '#kernels/kernel.ts';
import transposeKernel from '#kernels/transpose/forward.wgsl';
import { grid1d, product } from '../../src/runtime/shape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';

interface TransposeOptions {
  readonly WG?: number;
  readonly kernel?: AnyKernel;
  readonly label?: string;
  readonly flops?: number;
}

/** y[t, j, i] = x[t, i, j] as one launch into a tensor of the caller's, which ops do not offer. Returns y. */
export function launchTranspose(
  x: Tensor,
  y: Tensor,
  { WG = 64, kernel = transposeKernel, ...rest }: TransposeOptions = {},
): Tensor {
  const [rows, cols] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const count = product(x.shape.slice(0, -2));
  const params = { count, rows, cols, x_pitch4: x.pitch / 4, y_pitch4: y.pitch / 4 };
  const groups = grid1d((count * x.pitch * y.pitch) / 16, WG);
  x.gpu.run(kernel, { x, y }, params, { groups, overrides: { WG }, ...rest });
  return y;
}

/** The transpose kernel under another name with its text changed, for faults that no shipped kernel has. */
export function changedKernel(name: string, ...changes: readonly [RegExp, string][]): AnyKernel {
  let { source } = transposeKernel;
  for (const [from, to] of changes) {
    if (!from.test(source)) throw new Error(`${name}: ${from} is not in the transpose kernel`);
    source = source.replace(from, to);
  }
  return { ...transposeKernel, name, source };
}

/** The values of a `[n, n]` matrix, transposed. */
export const transposed = (values: ArrayLike<number>, n: number): number[] =>
  Array.from(values, (_, i) => values[(i % n) * n + Math.floor(i / n)]!);
