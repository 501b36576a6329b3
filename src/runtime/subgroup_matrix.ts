import matmul from '#kernels/matmul/forward.wgsl';
import { KernelError } from './errors.ts';
import type { SubgroupMatrix } from './limits.ts';
import type { Pipelines } from './pipelines.ts';

/** Compiles a product in the given syntax. */
async function compiles(pipelines: Pipelines, matrix: SubgroupMatrix): Promise<boolean> {
  const { M, N, K, lanes: SG, early } = matrix;
  const launch = {
    label: 'subgroup matrix probe',
    kernel: matmul,
    core: early ? 'gemm/matrix_early' : 'gemm/matrix',
    tensors: [],
    params: {},
    overrides: {},
    specials: { SG, M, N, K },
    groups: [1, 1, 1],
    flops: 0,
    choice: null,
  } as const;
  try {
    await pipelines.get(launch);
    return true;
  } catch (error) {
    if (error instanceof KernelError) return false;
    throw error;
  }
}

/**
 * Finds out which of the extension's two syntaxes this device compiles: browsers differ, and nothing else tells.
 * @returns null where neither does
 */
export async function probeMatrix(
  pipelines: Pipelines,
  found: SubgroupMatrix | null,
): Promise<SubgroupMatrix | null> {
  if (!found) return null;
  for (const early of [false, true]) {
    const matrix = { ...found, early };
    if (await compiles(pipelines, matrix)) return matrix;
  }
  return null;
}
