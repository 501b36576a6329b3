import {
  type DiscriminatorConfig,
  discriminatorForward,
  discriminatorSpecs,
} from '../model/discriminator.ts';
import type { GeneratorNetwork } from '../model/generator_network.ts';
import { Layers, parameterShapes } from '../model/layers.ts';
import { loraShapes, type Ranks } from '../model/lora.ts';
import { loraPairs } from '../model/lora_pairs.ts';
import { PROMPT_TOKENS } from '../model/text.ts';
import { type Arrays, Weights } from '../model/weights.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { adamHyper } from '../runtime/ops/adam.ts';
import { concat } from '../runtime/ops/concat.ts';
import type { Program } from '../runtime/program.ts';
import { type GanObjective, type GanStep, lossScale, traceGanStep } from './gan_step.ts';
import { learningRate, PIX2PIX_ADAM } from './schedule.ts';
import { restoreTrained, saveTrained, TrainedWeights, type TrainState } from './trained_weights.ts';
import type { BatchValues, Losses, Training } from './training.ts';
import { Watch } from './watch.ts';

export type { TrainState } from './trained_weights.ts';
export type { Losses } from './training.ts';

/** What is trained, on what, and how long. */
export interface TrainConfig extends GanObjective {
  readonly generator: GeneratorNetwork;
  readonly discriminator: DiscriminatorConfig;
  /** Ranks of the adapter; null trains weights of the generator itself. */
  readonly ranks: Ranks | null;
  /** Layers that keep their weights where no adapter is trained; none by default. */
  readonly frozen?: ReadonlySet<string>;
  /** Edge of the crops in pixels. */
  readonly size: number;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
}

/** Weights that a training starts with, in files' layout; `lora` counts only where an adapter is trained. */
export interface FirstWeights {
  readonly generator: Arrays;
  readonly discriminator: Arrays;
  readonly lora: Arrays;
}

const LOSSES = ['d_real', 'd_fake', 'g_gan', 'g_l1'] as const;

/** The generator's weights, parted into what training changes and what it does not. */
class GeneratorWeights {
  /** Null where all are trained. */
  readonly frozen: Weights | null;
  /** What Adam moves: an adapter, or weights of the generator. */
  readonly own: TrainedWeights;
  readonly kind: 'lora' | 'generator';

  constructor(gpu: Gpu, { generator, ranks, frozen = new Set() }: TrainConfig) {
    const stays = (path: string) => ranks !== null || frozen.has(path);
    const kept = parameterShapes(generator.specs.filter(({ path }) => stays(path)));
    const moved = ranks
      ? loraShapes(generator.specs, ranks)
      : parameterShapes(generator.specs.filter(({ path }) => !stays(path)));
    this.kind = ranks ? 'lora' : 'generator';
    this.frozen = kept.size ? new Weights(gpu, 'generator', kept) : null;
    this.own = new TrainedWeights(gpu, this.kind, moved);
  }

  layers(): Layers {
    const kept = this.frozen?.tensors ?? [];
    const { tensors } = this.own.weights;
    return this.kind === 'lora'
      ? new Layers(new Map(kept), loraPairs(tensors))
      : new Layers(new Map([...kept, ...tensors]));
  }

  dispose(): void {
    this.frozen?.dispose();
    this.own.dispose();
  }
}

const picked = (arrays: Arrays, { shapes }: Weights): Arrays =>
  new Map([...arrays].filter(([name]) => shapes.has(name)));

/** A GAN on the device and the program of its step. */
export class Trainer implements Training {
  readonly config: TrainConfig;
  readonly #gpu: Gpu;
  readonly #generator: GeneratorWeights;
  readonly #discriminator: TrainedWeights;
  /** What a step is: for profiles. */
  readonly program: Program;
  readonly #watch: Watch;
  #latest = 0;

  private constructor(
    gpu: Gpu,
    config: TrainConfig,
    generator: GeneratorWeights,
    discriminator: TrainedWeights,
    program: Program,
    watch: Watch,
  ) {
    this.config = config;
    this.#gpu = gpu;
    this.#generator = generator;
    this.#discriminator = discriminator;
    this.program = program;
    this.#watch = watch;
  }

  /** Compiles the step. Weights are zero until `begin`. @throws KernelError */
  static async create(
    gpu: Gpu,
    config: TrainConfig,
    onPipeline?: (done: number, total: number) => void,
  ): Promise<Trainer> {
    const judge = parameterShapes(discriminatorSpecs(config.discriminator));
    const discriminator = new TrainedWeights(gpu, 'discriminator', judge);
    const generator = new GeneratorWeights(gpu, config);
    const watch = new Watch();
    const program = await gpu.compile(() => {
      const step = traceStep(gpu, config, generator, discriminator, watch);
      const losses = LOSSES.map((loss) => step[loss]);
      return { losses: concat(null, [...losses, ...watch.places]) };
    }, onPipeline);
    return new Trainer(gpu, config, generator, discriminator, program, watch);
  }

  /** Numbers of weights: of the generator, and of what is trained of it or beside it. */
  get counts(): { readonly model: number; readonly trained: number } {
    const { frozen, own, kind } = this.#generator;
    const trained = own.weights.count;
    return { trained, model: (frozen?.count ?? 0) + (kind === 'generator' ? trained : 0) };
  }

  get #trained(): readonly (readonly [string, TrainedWeights])[] {
    const { kind, own } = this.#generator;
    return [
      [kind, own],
      ['discriminator', this.#discriminator],
    ];
  }

  /** Gives all weights their first values; Adam's moments stay as they are. @throws FormatError */
  begin({ generator, discriminator, lora }: FirstWeights): void {
    const { frozen, own, kind } = this.#generator;
    frozen?.load(kind === 'lora' ? generator : picked(generator, frozen));
    own.weights.load(kind === 'lora' ? lora : frozen ? picked(generator, own.weights) : generator);
    this.#discriminator.weights.load(discriminator);
  }

  /** All the generator's weights as they are now, without the adapter. */
  async saveGenerator(): Promise<Arrays> {
    const { frozen, own, kind } = this.#generator;
    const kept = frozen ? [...(await frozen.save())] : [];
    const moved = kind === 'generator' ? [...(await own.weights.save())] : [];
    const arrays = new Map([...kept, ...moved]);
    return new Map(
      [...parameterShapes(this.config.generator.specs).keys()].map((name) => [name, arrays.get(name)!]),
    );
  }

  saveDiscriminator(): Promise<Arrays> {
    return this.#discriminator.weights.save();
  }

  /** Enqueues step number `step`, from 0. @param values - `source`, `target`, `context` */
  submit(step: number, values: BatchValues): void {
    const lr = learningRate(this.config.lr, step, this.config.steps);
    const hyper = adamHyper(step + 1, { ...PIX2PIX_ADAM, lr }, lossScale(this.#gpu));
    const { context, ...pictures } = values;
    const prompt = this.config.generator.context === null ? {} : { context };
    this.program.submit({ ...pictures, ...prompt, hyper_g: hyper, hyper_d: hyper });
    this.#latest = step;
  }

  /**
   * Losses of the latest step that was submitted.
   * @throws DivergedError where one, a weight or a gradient of that step is not finite; KernelError
   */
  async losses(): Promise<Losses> {
    const step = this.#latest + 1;
    const values = await this.program.read('losses');
    const losses = Object.fromEntries(LOSSES.map((name, i) => [name, values[i]!])) as unknown as Losses;
    this.#watch.check(step, losses, values.subarray(LOSSES.length));
    return losses;
  }

  /** All that training has changed. */
  save(): Promise<TrainState> {
    return saveTrained(this.#trained);
  }

  /** Goes on from a saved state; moments that are left out start at zero. @throws FormatError */
  restore(state: Partial<TrainState>): void {
    restoreTrained(this.#trained, state);
  }

  /** A program that edits one picture of `edge` pixels with the weights as they are: inputs `x`, `context` if it reads one, output `y`. */
  preview(gpu: Gpu, edge: number): Promise<Program> {
    const layers = this.#generator.layers();
    const { generator } = this.config;
    return gpu.compile(() => {
      const x = gpu.input('x', [1, edge, edge, 3]);
      return { y: generator.forward(null, layers, x, contextInput(gpu, generator, 1)) };
    });
  }

  dispose(): void {
    this.program.dispose();
    this.#generator.dispose();
    this.#discriminator.dispose();
  }
}

const contextInput = (gpu: Gpu, { context }: GeneratorNetwork, batch: number) =>
  context === null ? null : gpu.input('context', [batch, PROMPT_TOKENS, context]);

function traceStep(
  gpu: Gpu,
  config: TrainConfig,
  generator: GeneratorWeights,
  discriminator: TrainedWeights,
  watch: Watch,
): GanStep {
  if (generator.frozen) watch.weights(generator.frozen.group);
  const { batch, size } = config;
  const source = gpu.input('source', [batch, size, size, 3]);
  const target = gpu.input('target', [batch, size, size, 3]);
  const context = contextInput(gpu, config.generator, batch);
  const layers = generator.layers();
  const judges = new Layers(discriminator.weights.tensors);
  const gan = {
    source,
    target,
    generate: (tape) => config.generator.forward(tape, layers, source, context),
    judge: (tape, pair) => discriminatorForward(tape, judges, pair),
    generator: generator.own.trained(gpu.input('hyper_g', [8])),
    discriminator: discriminator.trained(gpu.input('hyper_d', [8])),
  } satisfies Parameters<typeof traceGanStep>[0];
  return traceGanStep(gan, config, watch);
}
