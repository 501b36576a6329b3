import { z } from 'zod';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { gatherGroup, type ParameterGroup, parameterGroup } from '../../src/runtime/group.ts';
import { type AdamOptions, adamHyper, adamStep, HYPER_LENGTH } from '../../src/runtime/ops/adam.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { readAttrs } from './attrs.ts';
import { type Bar, type Check, checkOutputs } from './compare.ts';
import { type Tensors, tensorOf } from './read_case.ts';

// What PyTorch's classes take where they are given nothing.
const DECAY = { Adam: 0, AdamW: 0.01 };

const settings = {
  kind: z.enum(['Adam', 'AdamW']),
  steps: z.int().positive(),
  clip_norm: z.number().nullish(),
  /** Norms before clipping, for readers. */
  clip_norms: z.array(z.number()).optional(),
  lr: z.number(),
  betas: z.tuple([z.number(), z.number()]).optional().default([0.9, 0.999]),
  eps: z.number().optional().default(1e-8),
  weight_decay: z.number().optional(),
};

/** Moves the parameters `in.pJ`, all in one group, by the gradients `in.gJ.T` and compares them after every step. */
export async function runOptimizer(
  gpu: Gpu,
  attrs: unknown,
  tensors: Tensors,
  outputs: Readonly<Record<string, Bar>>,
): Promise<Check[]> {
  const { kind, steps, clip_norm, lr, betas, eps, weight_decay } = readAttrs(settings, attrs);
  const config = { lr, beta1: betas[0], beta2: betas[1], eps, weightDecay: weight_decay ?? DECAY[kind] };
  const options = { decoupled: kind === 'AdamW', ...(clip_norm ? { maxNorm: clip_norm } : {}) };
  const numbers = [...tensors.keys()].flatMap((name) => name.match(/^in\.p(\d+)$/)?.[1] ?? []);
  const shapes = new Map(numbers.map((j) => [j, tensorOf(tensors, `in.p${j}`).shape]));
  const groups = ['weights', 'm', 'v'].map((name) => parameterGroup(gpu, name, shapes));
  const weights = groups[0]!.tensors;
  const program = await gpu.compile(() => traceAdam(gpu, groups, options));
  for (const j of numbers) gpu.write(weights.get(j)!, tensorOf(tensors, `in.p${j}`).data);
  const got = new Map<string, Float32Array>();
  for (let step = 1; step <= steps; step++) {
    const grads = numbers.map((j) => [j, tensorOf(tensors, `in.g${j}.${step - 1}`).data]);
    await program.run({ ...Object.fromEntries(grads), hyper: adamHyper(step, config) });
    for (const j of numbers) got.set(`out.p${j}.${step}`, await gpu.read(weights.get(j)!));
  }
  program.dispose();
  for (const { flat } of groups) gpu.dispose(flat);
  return checkOutputs(got, tensors, outputs);
}

/** One step, with the gradients as inputs under their parameters' names. */
function traceAdam(
  gpu: Gpu,
  [weights, m, v]: readonly ParameterGroup[],
  options: AdamOptions,
): { norm: Tensor } {
  const inputs = [...weights!.tensors].map(([j, { shape }]) => gpu.input(j, shape));
  const grads = gatherGroup(gpu, weights!, inputs);
  const state = { params: weights!.flat, grads, m: m!.flat, v: v!.flat };
  return { norm: adamStep(state, gpu.input('hyper', [HYPER_LENGTH]), options) };
}
