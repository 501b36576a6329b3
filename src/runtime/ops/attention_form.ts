import type { Gpu } from '../gpu.ts';
import type { Tensor } from '../tensor.ts';
import { type Choice, type Form, storedAs } from '../tuner.ts';
import type { GemmFamily } from './gemm.ts';

type AttentionCore = 'attention/plain' | 'attention/subgroup' | 'attention/tiled';

/** Core, grid and tile of one launch of attention. */
export interface AttentionLaunch extends Form<AttentionCore> {
  readonly choice: Choice;
}

/** One kernel's work: every one of `rows` rows of `heads` heads meets all rows of the other side. */
export interface AttentionProblem {
  readonly kernel: 'forward' | 'grad_q' | 'grad_kv';
  readonly rows: number;
  readonly others: number;
  /** Heads of all batches. */
  readonly heads: number;
  /** Sizes of heads in vec4s. */
  readonly d4: number;
  readonly dv4: number;
  /** Some key is hidden from some query. */
  readonly hides: boolean;
  /** What it reads of queries, keys and values, for how they are stored. */
  readonly operands: readonly Tensor[];
}

/**
 * Vec4s per row set that the rows of a thread may take together; what did most on lavapipe (bench/ladder/attention). The
 * gradients keep more sets of rows than the forward does.
 */
const ROOM = { forward: 64, grad_q: 48, grad_kv: 32 };
const MOST_OWN = 4;
/** A GPU's registers hold a quarter of what a software device's first cache does. */
const GPU_SHARE = 4;
const WG = { plain: 32, tiled: 64 };
/** Of the lowest limit of workgroup memory, 16 KiB. */
const TILE_VEC4S = 1024;

type Shaped = Pick<Form<AttentionCore>, 'core' | 'specials'> & {
  readonly step: number;
  readonly own: number;
};

const ownOf = ({ kernel, d4, dv4 }: AttentionProblem, share: number): number =>
  Math.max(1, Math.min(MOST_OWN, Math.floor(ROOM[kernel] / share / Math.max(d4, dv4))));

function plainForm(own: number): Shaped {
  return { core: 'attention/plain', specials: {}, step: WG.plain, own };
}

function subgroupForm({ features }: Gpu, problem: AttentionProblem): Shaped | null {
  const size = features.subgroupSize;
  if (size < 4 || size > 32) return null;
  const { d4, dv4 } = problem;
  return {
    core: 'attention/subgroup',
    specials: {
      SG: size,
      A_HELD: Math.ceil(d4 / size),
      B_HELD: Math.ceil(dv4 / size),
    },
    step: size,
    own: ownOf(problem, features.software ? 1 : GPU_SHARE),
  };
}

function tiledForm(problem: AttentionProblem): Shaped | null {
  const tile = Math.min(16, Math.floor(TILE_VEC4S / (problem.d4 + problem.dv4)));
  if (tile < 1) return null;
  const specials = { WG: WG.tiled, TILE: tile };
  return { core: 'attention/tiled', specials, step: WG.tiled, own: ownOf(problem, GPU_SHARE) };
}

/** All forms that this device can run the kernel in, by family. */
function formsOf(gpu: Gpu, problem: AttentionProblem): Map<string, Form<AttentionCore>> {
  const { rows, heads, d4, dv4, hides } = problem;
  const overrides = { BY_POLYNOMIAL: gpu.features.software, HIDES: hides };
  const shaped: readonly (readonly [string, Shaped | null])[] = [
    ['plain', plainForm(Math.min(2, ownOf(problem, 1)))],
    ['register', plainForm(ownOf(problem, 1))],
    ['subgroup', subgroupForm(gpu, problem)],
    ['tiled', tiledForm(problem)],
  ];
  return new Map(
    shaped.flatMap(([name, form]) => {
      if (!form) return [];
      const { core, step, own } = form;
      const specials = { D4: d4, DV4: dv4, OWN: own, ...form.specials };
      return [[name, { core, groups: [Math.ceil(rows / (step * own)), 1, heads], overrides, specials }]];
    }),
  );
}

/** The family for a device that nobody has tuned: rows passed round on software devices, workgroup memory on GPUs. */
function defaultFamily({ features }: Gpu, forms: ReadonlyMap<string, unknown>): GemmFamily {
  if (features.software) return forms.has('subgroup') ? 'subgroup' : 'register';
  return forms.has('tiled') ? 'tiled' : 'plain';
}

/**
 * Chooses how an attention kernel is spread over the device: the family that the device was opened with where it can,
 * else what the tuner has found for this shape, else a rule.
 */
export function attentionLaunch(gpu: Gpu, problem: AttentionProblem): AttentionLaunch {
  const { kernel, rows, others, heads, d4, dv4, hides, operands } = problem;
  const forms = formsOf(gpu, problem);
  const key = `attention/${kernel} ${rows}x${others}x${4 * d4}x${4 * dv4} z${heads}${hides ? ' hides' : ''}${storedAs(operands)}`;
  const wanted = gpu.family ?? gpu.choices.get(key);
  const name = wanted && forms.has(wanted) ? wanted : defaultFamily(gpu, forms);
  return { ...forms.get(name)!, choice: { key, name, forms } };
}
