import type { Gpu } from '../gpu.ts';
import type { Tensor } from '../tensor.ts';
import { type Choice, type Form, storedAs } from '../tuner.ts';

/** Kernel families of matrix products: `register` is the plain core with wider tiles, `deep` shares out the depth. */
export const gemmFamilies = ['plain', 'register', 'subgroup', 'tiled', 'deep', 'matrix'] as const;

export type GemmFamily = (typeof gemmFamilies)[number];

/** One product as its launcher sees it: `batch` times `[rows, depth] x [depth, 4 * cols4]`. */
export interface GemmProblem {
  /** Tells apart in the tuner's table what loads and stores differently. */
  readonly kernel: string;
  readonly rows: number;
  readonly cols4: number;
  readonly depth: number;
  /** Steps of the depth that lie in one segment of the kernel's; all of them where left out. */
  readonly segment?: number;
  readonly batch: number;
  /** A, B and the result, for how they are stored. */
  readonly operands: readonly Tensor[];
  /** Neighbouring rows of A lie side by side in memory, not neighbouring steps along the depth. */
  readonly rowsFirst?: boolean;
}

type GemmCore =
  | 'gemm/plain'
  | 'gemm/subgroup'
  | 'gemm/tiled'
  | 'gemm/deep'
  | 'gemm/matrix'
  | 'gemm/matrix_early';

/** Core, grid and tile of one GEMM launch; every kernel that names the GEMM cores takes these. */
export interface GemmLaunch extends Form<GemmCore> {
  readonly choice: Choice;
}

/** The lowest limit of workgroups along one dimension. */
const MOST_GROUPS = 65_535;

const ceilPower2 = (n: number): number => 2 ** Math.ceil(Math.log2(n));

/** ROWS x COLS sums of a vec4 in the registers of each thread; where columns are few, neighbouring threads take rows. */
function plainForm({ rows, cols4, batch }: GemmProblem, tile: number, columns: number): Form<GemmCore> {
  const wx = Math.min(8, ceilPower2(Math.ceil(cols4 / columns)));
  const wy = 64 / wx;
  return {
    core: 'gemm/plain',
    groups: [Math.ceil(cols4 / (wx * columns)), Math.ceil(rows / (tile * wy)), batch],
    overrides: { WX: wx, WY: wy },
    specials: { ROWS: tile, COLS: columns },
  };
}

/** Rows a subgroup holds, and vec4 columns a lane: 24 x 2 did most products a second on lavapipe (bench/ladder). */
function subgroupForm(
  size: number,
  { rows, cols4, batch }: GemmProblem,
  tile: number,
  columns: number,
): Form<GemmCore> {
  const held = size * Math.max(1, Math.floor(tile / size));
  const wy = Math.min(4, Math.ceil(rows / held));
  return {
    core: 'gemm/subgroup',
    groups: [Math.ceil(cols4 / (size * columns)), Math.ceil(rows / (held * wy)), batch],
    overrides: { WY: wy },
    specials: { SG: size, ROWS: held, COLS: columns },
  };
}

function tiledForm(
  { rows, cols4, batch, rowsFirst = false }: GemmProblem,
  [tx, ty]: readonly [number, number],
  tile: number,
  columns: number,
): Form<GemmCore> {
  return {
    core: 'gemm/tiled',
    groups: [Math.ceil(cols4 / (tx * columns)), Math.ceil(rows / (ty * tile)), batch],
    overrides: { ROWS_FIRST: rowsFirst },
    specials: { ROWS: tile, COLS: columns, TX: tx, TY: ty, DEPTH: 16 },
  };
}

/** All threads of a workgroup share the depth of a few rows of one vec4 column. */
function deepForm(
  { rows, cols4, batch, depth, segment = depth }: GemmProblem,
  threads: number,
  held: number,
): Form<GemmCore> | null {
  const groups = [cols4, Math.ceil(rows / held), batch] as const;
  if (groups[1] > MOST_GROUPS) return null;
  const lanes = Math.min(threads, ceilPower2(segment));
  const specials = { ROWS: held, LANES: lanes, SEGS: threads / lanes };
  return { core: 'gemm/deep', groups, overrides: {}, specials };
}

function matrixForm(
  { features: { subgroupMatrix: matrix } }: Gpu,
  { rows, cols4, batch, rowsFirst = false }: GemmProblem,
  [my, mx]: readonly [number, number],
): Form<GemmCore> | null {
  if (!matrix) return null;
  const { early, lanes, M, N, K } = matrix;
  return {
    core: early ? 'gemm/matrix_early' : 'gemm/matrix',
    groups: [Math.ceil((cols4 * 4) / (2 * mx * N)), Math.ceil(rows / (2 * my * M)), batch],
    overrides: { ROWS_FIRST: rowsFirst },
    specials: { SG: lanes, M, N, K, GY: 2, GX: 2, MY: my, MX: mx, DEPTH: Math.max(32, K) },
  };
}

/** All forms that this device can run the product in, by name; the name begins with the family. */
function formsOf(gpu: Gpu, p: GemmProblem): Map<string, Form<GemmCore>> {
  const forms = new Map<string, Form<GemmCore> | null>([
    ['plain 4x1', plainForm(p, 4, 1)],
    ['plain 8x1', plainForm(p, 8, 1)],
    ['register 8x2', plainForm(p, 8, 2)],
    ['tiled 64x16', tiledForm(p, [4, 16], 4, 1)],
    ['tiled 64x64', tiledForm(p, [16, 8], 8, 1)],
    ['tiled 128x64', tiledForm(p, [8, 16], 8, 2)],
  ]);
  // A software device takes a barrier in a loop for a cut through the whole kernel, and compiles long.
  if (!gpu.features.software || gpu.family === 'deep') {
    forms.set('deep 128x4', deepForm(p, 128, 4));
    forms.set('deep 64x8', deepForm(p, 64, 8));
  }
  const size = gpu.features.subgroupSize;
  if (size >= 4 && size <= 32)
    for (const [tile, columns] of [
      [8, 1],
      [16, 1],
      [24, 1],
      [24, 2],
    ] as const)
      forms.set(`subgroup ${tile}x${columns}`, subgroupForm(size, p, tile, columns));
  // Matrix units take f16: what is stored so they multiply as exactly as any core.
  const [a, b] = p.operands;
  if (gpu.precision === 'f16' || (a?.dtype === 'f16' && b?.dtype === 'f16')) {
    forms.set('matrix 2x2', matrixForm(gpu, p, [2, 2]));
    forms.set('matrix 4x2', matrixForm(gpu, p, [4, 2]));
  }
  return new Map([...forms].flatMap(([name, form]) => (form ? [[name, form]] : [])));
}

/** Subgroups where they are and the columns suffice. */
function softwareForm({ features }: Gpu, { kernel, rows, cols4 }: GemmProblem): string {
  const size = features.subgroupSize;
  if (size >= 4 && size <= 32 && cols4 * 2 >= size)
    return rows >= 96 ? `subgroup 24x${cols4 > size ? 2 : 1}` : 'subgroup 8x1';
  // SwiftShader takes 13 s to compile eight rows of sub-pixel phases and 0.1 s for four, which run as fast.
  return rows >= 512 && !kernel.startsWith('conv2d/grad_x') ? 'plain 8x1' : 'plain 4x1';
}

/** Workgroups that keep a large GPU busy. */
const ENOUGH = 64;

/** The widest tiles of which there are enough, else a shared depth; measured on an H100 (docs/decisions/0013-gpu-forms.md). */
function gpuForm({ rows, cols4, depth, segment = depth, batch }: GemmProblem): string {
  const tiles = (columns: number) => Math.ceil(rows / 64) * Math.ceil(cols4 / columns) * batch;
  // Tiles take sixteen steps of a segment at once: of nine, seven would be idle.
  const short = segment < 16;
  if (!short && cols4 >= 16 && tiles(16) >= ENOUGH) return 'tiled 64x64';
  if (!short && cols4 >= 2 && tiles(4) >= ENOUGH) return 'tiled 64x16';
  return depth >= 128 && (!short || cols4 < 4) ? 'deep 64x8' : 'plain 4x1';
}

/** The widest of a family that is forced, for tests and comparisons. */
function forcedForm(forms: ReadonlyMap<string, unknown>, family: GemmFamily): string | undefined {
  return [...forms.keys()].filter((name) => name.startsWith(`${family} `)).at(-1);
}

/**
 * Chooses how a product is spread over the device: the family that the device was opened with, else what the tuner has
 * found for this shape, else a rule. `choice` lets a tuner time the other forms.
 */
export function gemmLaunch(gpu: Gpu, problem: GemmProblem): GemmLaunch {
  const { kernel, rows, cols4, depth, batch, operands } = problem;
  const forms = formsOf(gpu, problem);
  const key = `${kernel} ${rows}x${cols4 * 4}x${depth} z${batch}${storedAs(operands)}`;
  const forced = gpu.family && forcedForm(forms, gpu.family);
  const tuned = gpu.choices.get(key);
  const untuned = gpu.features.software ? softwareForm(gpu, problem) : gpuForm(problem);
  const fitting = [forced, tuned, untuned].find((form) => form && forms.has(form));
  const name = fitting ?? 'plain 4x1';
  return { ...forms.get(name)!, choice: { key, name, forms } };
}
