import { deviceWait } from '#navigator-gpu';
import { discriminatorSpecs } from '../../src/model/discriminator.ts';
import { e2ganNetwork } from '../../src/model/generator_network.ts';
import { type GeneratorConfig, generatorPresets, generatorSpecs } from '../../src/model/generator_spec.ts';
import { parameterShapes } from '../../src/model/layers.ts';
import { defaultRanks, loraShapes, type Ranks } from '../../src/model/lora.ts';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { PIX2PIX_ADAM } from '../../src/train/schedule.ts';
import { Trainer } from '../../src/train/trainer.ts';
import type { Prepared } from '../child.ts';
import { namedNodes } from '../graph/graph.ts';
import { discriminatorGraph, generatorGraph } from '../graph/networks.ts';
import type { Floats, FloatsByName } from '../graph/values.ts';
import { forwardFlops, gradientFlops, leastBytes } from '../graph/work.ts';
import { gpuSample } from '../ours/prepared.ts';
import type { StepWork, Workload } from '../protocol.ts';
import { type BenchCase, forwardOnly } from './bench_case.ts';
import { filesLayout, runtimeLayout } from './files_layout.ts';

// So many that the learning rate stays what it is.
const STEPS = 1_000_000;
const MIRROR =
  "tfjs's gradient of a mirrored border leaves out what the border mirrors: its numbers would be wrong";

/** What is trained, on pictures `edge` pixels wide; without ranks all weights. */
interface StepCase {
  readonly name: string;
  readonly target: number | null;
  readonly config: GeneratorConfig;
  readonly ranks: Ranks | null;
  readonly edge: number;
}

const discriminatorOf = ({ width }: GeneratorConfig) => ({ width, channels: 6 });

/** Operations of a step: G forward and back, D forward on two pictures and back, D forward and back to the picture. */
function stepFlops({ generator, discriminator, trained }: StepWork): number {
  const judged = [...namedNodes(discriminator).keys()].filter((name) => name.startsWith('discriminator.'));
  const judge = forwardFlops(discriminator);
  return (
    forwardFlops(generator) +
    gradientFlops(generator, new Set(trained)) +
    2 * (judge + gradientFlops(discriminator, new Set(judged))) +
    judge +
    gradientFlops(discriminator, new Set(['picture']))
  );
}

/** `losses` as the peers give them, and Adam's first moments, which are the gradients times 1 - beta1. */
async function stepOutputs(trainer: Trainer): Promise<FloatsByName> {
  const { d_real, d_fake, g_gan, g_l1 } = await trainer.losses();
  const losses: Floats = { shape: [3], data: Float32Array.of((d_real + d_fake) / 2, g_gan, g_l1) };
  const { adamM } = await trainer.save();
  return new Map([['losses', losses], ...runtimeLayout(adamM, (key) => `m ${key}`)]);
}

async function prepareStep(
  gpu: Gpu,
  { config, ranks, edge }: StepCase,
  values: FloatsByName,
): Promise<Prepared> {
  const specs = generatorSpecs(config);
  const judgeConfig = discriminatorOf(config);
  const trainer = await Trainer.create(gpu, {
    generator: e2ganNetwork(config),
    discriminator: judgeConfig,
    ranks,
    gan: 'lsgan',
    lambdaL1: 100,
    size: edge,
    batch: 1,
    steps: STEPS,
    lr: PIX2PIX_ADAM.lr,
  });
  const files = (shapes: ReadonlyMap<string, readonly number[]>, prefix: string) =>
    filesLayout(shapes, values, (key) => `${prefix}${key}`);
  trainer.begin({
    generator: files(parameterShapes(specs), 'generator.'),
    discriminator: files(parameterShapes(discriminatorSpecs(judgeConfig)), 'discriminator.'),
    lora: ranks ? files(loraShapes(specs, ranks), 'lora.') : new Map(),
  });
  const [source, target, context] = ['source', 'target', 'context'].map((name) => values.get(name)!.data);
  let step = 0;
  return {
    note: 'upload of the pictures included',
    run: async () => {
      trainer.submit(step++, { source: source!, target: target!, context: context! });
      await deviceWait(gpu.device.queue.onSubmittedWorkDone());
    },
    outputs: () => stepOutputs(trainer),
    gpu: async () => gpuSample(await trainer.program.profile(1)),
  };
}

/** One step of pix2pix training, batch 1: discriminator and generator, losses, gradients, Adam. */
export function stepCase(options: StepCase): BenchCase {
  const { name, target, config, ranks, edge } = options;
  const generator = generatorGraph(config, edge, ranks ?? new Map(), 'generator.');
  const names = [...namedNodes(generator)].filter(([, { kind }]) => kind !== 'input').map(([key]) => key);
  const { lr, beta1, beta2, eps } = PIX2PIX_ADAM;
  const step: StepWork = {
    generator,
    discriminator: discriminatorGraph(discriminatorOf(config), edge, 'discriminator.'),
    trained: ranks ? names.filter((key) => key.startsWith('lora.')) : names,
    lambdaL1: 100,
    adam: { lr, beta1, beta2, eps },
  };
  const workload: Workload = { name, graph: { nodes: [], outputs: {} }, wanted: [], step };
  return {
    name,
    workload,
    flops: stepFlops(step),
    bytes: leastBytes(generator) + leastBytes(step.discriminator),
    target,
    tolerance: 2e-2,
    reference: null,
    unable: { ...forwardOnly(true), tfjs: MIRROR },
    forms: {},
    ours: (gpu, values) => prepareStep(gpu, options, values),
  };
}

const PAPER = { config: generatorPresets.paper, edge: 128 };

/** Training steps of the paper's generator at 128x128: of an adapter, and of all weights. */
export const trainingCases = (): readonly BenchCase[] => [
  stepCase({ ...PAPER, name: 'step LoRA paper 128x128', target: 4, ranks: defaultRanks(PAPER.config) }),
  stepCase({ ...PAPER, name: 'step full paper 128x128', target: null, ranks: null }),
];
