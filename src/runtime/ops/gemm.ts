import type { Gpu } from '../gpu.ts';

/** Core, grid and tile of one GEMM launch; every kernel that names the GEMM cores takes these. */
export interface GemmLaunch {
  readonly core: 'gemm/plain' | 'gemm/subgroup';
  readonly groups: readonly [number, number, number];
  readonly overrides: Readonly<Record<string, number | boolean>>;
  readonly specials: Readonly<Record<string, number>>;
}

const ceilPower2 = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** Rows of A a subgroup holds, and vec4 columns a lane: 24 x 2 keeps most of its sums in registers (bench/ladder/matmul). */
function subgroupLaunch(size: number, rows: number, cols4: number, batch: number): GemmLaunch {
  const held = rows >= 96 ? Math.max(1, Math.floor(24 / size)) : Math.max(1, Math.floor(8 / size));
  const tile = size * held;
  const columns = cols4 > size ? 2 : 1;
  const wy = Math.min(4, Math.ceil(rows / tile));
  return {
    core: 'gemm/subgroup',
    groups: [Math.ceil(cols4 / (size * columns)), Math.ceil(rows / (tile * wy)), batch],
    overrides: { WY: wy },
    specials: { SG: size, ROWS: tile, COLS: columns },
  };
}

function plainLaunch(rows: number, cols4: number, batch: number): GemmLaunch {
  const tile = rows >= 512 ? 8 : 4;
  const wx = Math.min(8, ceilPower2(cols4));
  const wy = 64 / wx;
  return {
    core: 'gemm/plain',
    groups: [Math.ceil(cols4 / wx), Math.ceil(rows / (tile * wy)), batch],
    overrides: { WX: wx, WY: wy },
    specials: { ROWS: tile },
  };
}

/**
 * Chooses how an `[rows, 4 * cols4]` product of `batch` matrices is spread over the device. The subgroup core needs
 * one fixed subgroup size, and columns for at least half of its lanes; it is the fast one on software devices.
 */
export function gemmLaunch(gpu: Gpu, rows: number, cols4: number, batch: number): GemmLaunch {
  const size = gpu.features.subgroupSize;
  const fits = size >= 4 && size <= 32 && cols4 * 2 >= size;
  return fits ? subgroupLaunch(size, rows, cols4, batch) : plainLaunch(rows, cols4, batch);
}
