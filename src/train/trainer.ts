import {
  type DiscriminatorConfig,
  discriminatorForward,
  discriminatorSpecs,
} from '../model/discriminator.ts';
import { generatorForward } from '../model/generator.ts';
import { type GeneratorConfig, generatorSpecs } from '../model/generator_spec.ts';
import { Layers, parameterShapes } from '../model/layers.ts';
import { loraShapes, type Ranks } from '../model/lora.ts';
import { loraPairs } from '../model/lora_pairs.ts';
import { PROMPT_TOKENS } from '../model/text.ts';
import { type Arrays, type Shapes, Weights } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { adamHyper } from '../runtime/ops/adam.ts';
import { concat } from '../runtime/ops/concat.ts';
import type { Program } from '../runtime/program.ts';
import { type GanObjective, type GanStep, lossScale, type Trained, traceGanStep } from './gan_step.ts';
import { learningRate, PIX2PIX_ADAM } from './schedule.ts';

/** What is trained, on what, and how long. */
export interface TrainConfig extends GanObjective {
  readonly generator: GeneratorConfig;
  readonly discriminator: DiscriminatorConfig;
  /** Ranks of the adapter; null trains all weights of the generator. */
  readonly ranks: Ranks | null;
  /** Edge of the crops in pixels. */
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
}

/** All named tensors of a run in files' layout: `generator.…`, `discriminator.…`, `lora.…`. */
export interface TrainState {
  readonly weights: Arrays;
  readonly adamM: Arrays;
  readonly adamV: Arrays;
}

/** Losses of one step. */
export interface Losses {
  readonly d_real: number;
  readonly d_fake: number;
  readonly g_gan: number;
  readonly g_l1: number;
}

const LOSSES = ['d_real', 'd_fake', 'g_gan', 'g_l1'] as const;

/** One set of weights with Adam's moments. */
class TrainedWeights {
  readonly weights: Weights;
  readonly m: Weights;
  readonly v: Weights;

  constructor(gpu: Gpu, name: string, shapes: Shapes) {
    this.weights = new Weights(gpu, name, shapes);
    this.m = new Weights(gpu, `${name} adam m`, shapes);
    this.v = new Weights(gpu, `${name} adam v`, shapes);
  }

  trained(hyper: Trained['hyper']): Trained {
    return { weights: this.weights.group, m: this.m.group, v: this.v.group, hyper };
  }

  dispose(): void {
    for (const part of [this.weights, this.m, this.v]) part.dispose();
  }
}

const prefixed = (arrays: Arrays, prefix: string) =>
  [...arrays].map(([name, array]) => [`${prefix}.${name}`, array] as const);

const without = (arrays: Arrays, prefix: string): Arrays =>
  new Map(
    [...arrays]
      .filter(([name]) => name.startsWith(`${prefix}.`))
      .map(([name, a]) => [name.slice(prefix.length + 1), a]),
  );

/** A GAN on the device and the program of its step. */
export class Trainer {
  readonly config: TrainConfig;
  readonly generator: Weights;
  readonly #trained: ReadonlyMap<string, TrainedWeights>;
  /** What a step is: for profiles. */
  readonly program: Program;

  private constructor(
    config: TrainConfig,
    generator: Weights,
    trained: ReadonlyMap<string, TrainedWeights>,
    program: Program,
  ) {
    this.config = config;
    this.generator = generator;
    this.#trained = trained;
    this.program = program;
  }

  /** Compiles the step. Weights are zero until `loadGenerator` and `restore`. @throws KernelError */
  static async create(
    gpu: Gpu,
    config: TrainConfig,
    onPipeline?: (done: number, total: number) => void,
  ): Promise<Trainer> {
    const specs = generatorSpecs(config.generator);
    const shapes = parameterShapes(specs);
    const discriminator = new TrainedWeights(
      gpu,
      'discriminator',
      parameterShapes(discriminatorSpecs(config.discriminator)),
    );
    const name = config.ranks ? 'lora' : 'generator';
    const own = new TrainedWeights(gpu, name, config.ranks ? loraShapes(specs, config.ranks) : shapes);
    const generator = config.ranks ? new Weights(gpu, 'generator', shapes) : own.weights;
    const program = await gpu.compile(() => {
      const step = traceStep(gpu, config, generator, own, discriminator);
      return {
        losses: concat(
          null,
          LOSSES.map((loss) => step[loss]),
        ),
      };
    }, onPipeline);
    return new Trainer(
      config,
      generator,
      new Map([
        [name, own],
        ['discriminator', discriminator],
      ]),
      program,
    );
  }

  /** Adapter tensors while an adapter is trained. */
  get lora(): Weights | null {
    return this.#trained.get('lora')?.weights ?? null;
  }

  /** Enqueues step number `step`, from 0. @param values - `source`, `target`, `context` */
  submit(step: number, values: Readonly<Record<'source' | 'target' | 'context', Float32Array>>): void {
    const lr = learningRate(this.config.lr, step, this.config.steps);
    const hyper = adamHyper(step + 1, { ...PIX2PIX_ADAM, lr }, lossScale(this.generator.gpu));
    this.program.submit({ ...values, hyper_g: hyper, hyper_d: hyper });
  }

  /** Losses of the latest step that was submitted. @throws KernelError */
  async losses(): Promise<Losses> {
    const values = await this.program.read('losses');
    return Object.fromEntries(LOSSES.map((name, i) => [name, values[i]!])) as unknown as Losses;
  }

  /** All that training has changed. */
  async save(): Promise<TrainState> {
    const all = async (part: 'weights' | 'm' | 'v'): Promise<Arrays> => {
      const groups = [];
      for (const [name, trained] of this.#trained) groups.push(...prefixed(await trained[part].save(), name));
      return new Map(groups);
    };
    return { weights: await all('weights'), adamM: await all('m'), adamV: await all('v') };
  }

  /** Goes on from a saved state; moments that are left out start at zero. @throws FormatError */
  restore({ weights, adamM, adamV }: Partial<TrainState>): void {
    for (const [name, trained] of this.#trained) {
      if (weights) trained.weights.load(without(weights, name));
      if (adamM) trained.m.load(without(adamM, name));
      if (adamV) trained.v.load(without(adamV, name));
    }
  }

  /** A program that edits one picture of `edge` pixels with the weights as they are: inputs `x`, `context`, output `y`. */
  preview(gpu: Gpu, edge: number): Promise<Program> {
    const { generator, ranks } = this.config;
    const layers = new Layers(this.generator.tensors, ranks ? loraPairs(this.lora!.tensors) : new Map());
    return gpu.compile(() => {
      const x = gpu.input('x', [1, edge, edge, 3]);
      const context = gpu.input('context', [1, PROMPT_TOKENS, generator.context]);
      return { y: generatorForward(null, layers, generator, x, context) };
    });
  }

  dispose(): void {
    this.program.dispose();
    if (this.lora) this.generator.dispose();
    for (const trained of this.#trained.values()) trained.dispose();
  }
}

function traceStep(
  gpu: Gpu,
  config: TrainConfig,
  generator: Weights,
  own: TrainedWeights,
  discriminator: TrainedWeights,
): GanStep {
  const { batch, size } = config;
  const source = gpu.input('source', [batch, size, size, 3]);
  const target = gpu.input('target', [batch, size, size, 3]);
  const context = gpu.input('context', [batch, PROMPT_TOKENS, config.generator.context]);
  const layers = new Layers(generator.tensors, config.ranks ? loraPairs(own.weights.tensors) : new Map());
  const judges = new Layers(discriminator.weights.tensors);
  const gan = {
    source,
    target,
    generate: (tape) => generatorForward(tape, layers, config.generator, source, context),
    judge: (tape, pair) => discriminatorForward(tape, judges, pair),
    generator: own.trained(gpu.input('hyper_g', [8])),
    discriminator: discriminator.trained(gpu.input('hyper_d', [8])),
  } satisfies Parameters<typeof traceGanStep>[0];
  return traceGanStep(gan, config);
}
