import { z } from 'zod';
import { Layers } from '../../src/model/layers.ts';
import type { NamedArray } from '../../src/model/safetensors.ts';
import { Weights } from '../../src/model/weights.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { adamHyper, HYPER_LENGTH } from '../../src/runtime/ops/adam.ts';
import type { Shape } from '../../src/runtime/shape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { lossScale, type Trained, traceGanStep } from '../../src/train/gan_step.ts';
import { readAttrs } from './attrs.ts';
import { barSchema, type Check, check, checkNumber } from './compare.ts';
import { evaluate } from './evaluate.ts';
import { type Graph, graphSchema, traceGraph } from './graph.ts';
import { activationLayout, type Placed, runtimeShape, toRuntime } from './layouts.ts';
import { loadWeights } from './networks.ts';
import { type Case, type Folder, fieldsOf, type Tensors, tensorOf, withPrefix } from './read_case.ts';

const trainCase = z.object({
  data: z.string(),
  G: z.string(),
  D: z.string(),
  gan: z.string(),
  lambda_l1: z.number(),
  adam: z.object({ lr: z.number(), betas: z.tuple([z.number(), z.number()]), eps: z.number() }),
  losses_columns: z.array(z.enum(['d_real', 'd_fake', 'g_gan', 'g_l1'])),
  losses: z.array(z.array(z.number())),
  bar_rel_per_step: z.array(z.number()),
  last_output: barSchema,
});

// Adam's first steps are the signs of gradients, and rounding turns some: with f16 a run is soon one of its own.
const HALF_TRAINING_BAR = 2e-2;

const GAN = { gan: z.enum(['vanilla', 'lsgan', 'hinge']) };

type Training = z.output<typeof trainCase>;

/** A graph with the weights that training moves, and Adam's moments. */
interface Player {
  readonly graph: Graph;
  readonly weights: Weights;
  trained(): Trained;
  dispose(): void;
}

type Players = Readonly<Record<'G' | 'D', Player>>;

async function openPlayer(
  gpu: Gpu,
  folder: Folder,
  name: 'G' | 'D',
  file: string,
  data: Tensors,
): Promise<Player> {
  const graph = await folder.json(file, graphSchema);
  const weights = loadWeights(gpu, name, withPrefix(data, `${name}.`));
  const m = new Weights(gpu, `${name} m`, weights.shapes);
  const v = new Weights(gpu, `${name} v`, weights.shapes);
  return {
    graph,
    weights,
    trained: () => ({
      weights: weights.group,
      m: m.group,
      v: v.group,
      hyper: gpu.input(`hyper ${name}`, [HYPER_LENGTH]),
    }),
    dispose: () => {
      for (const part of [weights, m, v]) part.dispose();
    },
  };
}

/** Batch number `step` of a tensor that has one more dimension in front for the steps. */
function batchOf(tensors: Tensors, name: string, step: number): Placed {
  const { shape, data } = tensorOf(tensors, name);
  const size = data.length / shape[0]!;
  const batch = data.subarray(step * size, (step + 1) * size);
  return { shape: shape.slice(1), data: batch, layout: activationLayout };
}

/** The context once for every picture of a batch. */
function repeated({ shape, data }: NamedArray, batch: number): Placed {
  const copies = batch / shape[0]!;
  const all = Array.from({ length: copies }, () => Array.from(data)).flat();
  return { shape: [batch, ...shape.slice(1)], data: all, layout: activationLayout };
}

function traceStep(
  gpu: Gpu,
  training: Training,
  { G, D }: Players,
  picture: Shape,
  context: Shape,
): Record<string, Tensor> {
  const [source, target] = [gpu.input('A', picture), gpu.input('B', picture)];
  const ctx = gpu.input('ctx', context);
  const layers = { G: new Layers(G.weights.tensors), D: new Layers(D.weights.tensors) };
  const gan = {
    source,
    target,
    generate: (tape) => traceGraph(tape, G.graph, layers.G, { x: source, ctx }),
    judge: (tape, x) => traceGraph(tape, D.graph, layers.D, { x }),
    generator: G.trained(),
    discriminator: D.trained(),
  } satisfies Parameters<typeof traceGanStep>[0];
  const { gan: kind } = readAttrs(GAN, { gan: training.gan });
  return { ...traceGanStep(gan, { gan: kind, lambdaL1: training.lambda_l1 }) };
}

/** Losses of every step, over their bars. */
async function checkLosses(
  gpu: Gpu,
  training: Training,
  data: Tensors,
  players: Players,
  context: Placed,
): Promise<Check[]> {
  const { lr, betas, eps } = training.adam;
  const config = { lr, beta1: betas[0], beta2: betas[1], eps, weightDecay: 0 };
  const picture = runtimeShape(batchOf(data, 'in.A', 0));
  const program = await gpu.compile(() => traceStep(gpu, training, players, picture, runtimeShape(context)));
  program.write({ ctx: toRuntime(context) });
  const checks: Check[] = [];
  for (const [step, wanted] of training.losses.entries()) {
    const hyper = adamHyper(step + 1, config, lossScale(gpu));
    const [A, B] = ['in.A', 'in.B'].map((name) => toRuntime(batchOf(data, name, step)));
    const got = await program.run({ A: A!, B: B!, 'hyper G': hyper, 'hyper D': hyper });
    for (const [i, column] of training.losses_columns.entries()) {
      const bar = Math.max(training.bar_rel_per_step[step]!, gpu.storage === 'f16' ? HALF_TRAINING_BAR : 0);
      checks.push(checkNumber(`${column} of step ${step}`, got[column]![0]!, wanted[i]!, bar));
    }
  }
  program.dispose();
  return checks;
}

/**
 * Trains two networks from the case's weights on its batches; compares the losses of each step, and what the trained
 * generator makes of the first batch.
 */
export async function runTrainCase(gpu: Gpu, folder: Folder, given: Case): Promise<Check[]> {
  const training = fieldsOf(trainCase, given);
  const data = await folder.tensors(training.data);
  const G = await openPlayer(gpu, folder, 'G', training.G, data);
  const D = await openPlayer(gpu, folder, 'D', training.D, data);
  const first = batchOf(data, 'in.A', 0);
  const context = repeated(tensorOf(data, 'in.ctx'), first.shape[0]!);
  const losses = await checkLosses(gpu, training, data, { G, D }, context);
  const wanted = { ...tensorOf(data, 'out.last'), layout: activationLayout };
  const got = await evaluate(gpu, {
    inputs: new Map([
      ['x', first],
      ['ctx', context],
    ]),
    y: wanted,
    gout: null,
    storage: gpu.storage,
    wanted: () => new Map(),
    fileOf: () => wanted,
    trace: (tape, inputs) => traceGraph(tape, G.graph, new Layers(G.weights.tensors), inputs),
  });
  for (const player of [G, D]) player.dispose();
  const bar = gpu.storage === 'f16' ? { bar_rel_l2: HALF_TRAINING_BAR } : training.last_output;
  return [...losses, check('out.last', got.get('out.y')!, wanted.data, bar)];
}
