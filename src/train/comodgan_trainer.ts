import { comodganForward } from '../model/comodgan.ts';
import { comodganJudge } from '../model/comodgan_judge.ts';
import { type ComodganConfig, comodganJudgeSpecs, comodganSpecs } from '../model/comodgan_spec.ts';
import type { Dual } from '../model/dual.ts';
import { Layers, parameterShapes } from '../model/layers.ts';
import type { Arrays } from '../model/weights.ts';
import { KernelError } from '../runtime/errors.ts';
import type { Gpu } from '../runtime/gpu.ts';
import { type AdamConfig, adamHyper, HYPER_LENGTH } from '../runtime/ops/adam.ts';
import { concat } from '../runtime/ops/concat.ts';
import type { Program } from '../runtime/program.ts';
import type { Tape } from '../runtime/tape.ts';
import { chanceInputs, drawChance } from './chance.ts';
import { lossScale, traceGanStep } from './gan_step.ts';
import { traceR1 } from './gradient_penalty.ts';
import { learningRate } from './schedule.ts';
import { restoreTrained, saveTrained, TrainedWeights, type TrainState } from './trained_weights.ts';
import type { BatchValues, Losses, Training } from './training.ts';
import { Watch } from './watch.ts';

/** What is trained, and how long. */
export interface ComodganTraining {
  readonly generator: ComodganConfig;
  readonly batch: number;
  readonly steps: number;
  readonly lr: number;
  /** Weight of an L1 term beside the generator's loss; 0 as in the paper, see docs/decisions/0009. */
  readonly lambdaL1: number;
  /** Weight of the R1 penalty; 10 where left out. */
  readonly gamma?: number;
  /** Of z, noise and dropout. */
  readonly seed: number;
}

/** @see Karras et al. 2020 (StyleGAN2), appendix B; Zhao et al. 2021 (Co-Mod-GAN) */
const ADAM = { beta1: 0, beta2: 0.99, eps: 1e-8, weightDecay: 0 } as const;
const GAMMA = 10;
/** Steps from one R1 penalty to the next. */
const R1_INTERVAL = 16;
// D moves 17 times in 16 steps, so each time a little less.
const LAZY = R1_INTERVAL / (R1_INTERVAL + 1);

const LOSSES = ['d_real', 'd_fake', 'g_gan', 'g_l1'] as const;

/** How often D has moved before step `step`: once per step, and once more for each penalty. */
const movesBefore = (step: number): number => step + Math.ceil(step / R1_INTERVAL);

const hasPenalty = (step: number): boolean => step % R1_INTERVAL === 0;

/** Co-Mod-GAN on the device: the program of its step, and the one of the penalty that comes with every 16th. */
export class ComodganTrainer implements Training {
  readonly config: ComodganTraining & { readonly size: number };
  readonly #gpu: Gpu;
  readonly #generator: TrainedWeights;
  readonly #discriminator: TrainedWeights;
  /** What a step is: for profiles. */
  readonly program: Program;
  readonly #penalty: Program;
  readonly #watch: Watch;
  #latest = 0;

  private constructor(
    gpu: Gpu,
    config: ComodganTraining,
    weights: readonly [generator: TrainedWeights, discriminator: TrainedWeights],
    programs: readonly [step: Program, penalty: Program],
    watch: Watch,
  ) {
    this.config = { ...config, size: config.generator.edge };
    this.#gpu = gpu;
    [this.#generator, this.#discriminator] = weights;
    [this.program, this.#penalty] = programs;
    this.#watch = watch;
  }

  /** Compiles the step. Weights are zero until `begin`. @throws KernelError */
  static async create(gpu: Gpu, config: ComodganTraining): Promise<ComodganTrainer> {
    const of = (name: string, specs: ReturnType<typeof comodganSpecs>) =>
      new TrainedWeights(gpu, name, parameterShapes(specs));
    const generator = of('generator', comodganSpecs(config.generator));
    const discriminator = of('discriminator', comodganJudgeSpecs(config.generator));
    const watch = new Watch();
    const step = await gpu.compile(() => ({
      losses: traceStep(gpu, config, generator, discriminator, watch),
    }));
    const penalty = await gpu.compile(() => ({ r1: tracePenalty(gpu, config, discriminator) }));
    return new ComodganTrainer(gpu, config, [generator, discriminator], [step, penalty], watch);
  }

  /** Numbers of weights. */
  get counts(): { readonly model: number; readonly trained: number } {
    const { count } = this.#generator.weights;
    return { model: count, trained: count };
  }

  get #trained() {
    return [
      ['generator', this.#generator],
      ['discriminator', this.#discriminator],
    ] as const;
  }

  /** Gives all weights their first values; Adam's moments stay as they are. @throws FormatError */
  begin({ generator, discriminator }: { generator: Arrays; discriminator: Arrays }): void {
    this.#generator.weights.load(generator);
    this.#discriminator.weights.load(discriminator);
  }

  /** The generator's weights as they are now. */
  saveGenerator(): Promise<Arrays> {
    return this.#generator.weights.save();
  }

  submit(step: number, { source, target }: BatchValues): void {
    const { generator, batch, seed, lr: base, steps } = this.config;
    const lr = learningRate(base, step, steps);
    const hyper = (count: number, config: AdamConfig) => adamHyper(count, config, lossScale(this.#gpu));
    const lazy = { ...ADAM, beta2: ADAM.beta2 ** LAZY, lr: lr * LAZY };
    const moves = movesBefore(step);
    this.program.submit({
      source,
      target,
      ...drawChance(generator, batch, seed, step),
      hyper_g: hyper(step + 1, { ...ADAM, lr }),
      hyper_d: hyper(moves + 1, lazy),
    });
    if (hasPenalty(step)) this.#penalty.submit({ source, target, hyper_d: hyper(moves + 2, lazy) });
    this.#latest = step;
  }

  /** As Trainer.losses. @throws DivergedError, KernelError */
  async losses(): Promise<Losses> {
    const step = this.#latest + 1;
    const penalty = hasPenalty(this.#latest) ? this.#penalty.read('r1') : null;
    const values = await this.program.read('losses');
    const losses = Object.fromEntries(LOSSES.map((name, i) => [name, values[i]!])) as unknown as Losses;
    const all = penalty ? { ...losses, r1: (await penalty)[0]! } : losses;
    this.#watch.check(step, all, values.subarray(LOSSES.length));
    return all;
  }

  save(): Promise<TrainState> {
    return saveTrained(this.#trained);
  }

  /** Goes on from a saved state; moments that are left out start at zero. @throws FormatError */
  restore(state: Partial<TrainState>): void {
    restoreTrained(this.#trained, state);
  }

  /** Inputs `x`, output `y`. @throws KernelError where `edge` is not the network's */
  async preview(gpu: Gpu, edge: number): Promise<Program> {
    const { generator } = this.config;
    if (edge !== generator.edge)
      throw new KernelError(`preview: the network edits ${generator.edge} pixels, not ${edge}`);
    const layers = new Layers(this.#generator.weights.tensors);
    return gpu.compile(() => {
      const x = gpu.input('x', [1, edge, edge, 3]);
      return { y: comodganForward(null, layers, generator, x, null) };
    });
  }

  dispose(): void {
    for (const part of [this.program, this.#penalty, this.#generator, this.#discriminator]) part.dispose();
  }
}

/** Source and target as inputs, and the judge of their like. */
function judging(gpu: Gpu, { generator, batch }: ComodganTraining, discriminator: TrainedWeights) {
  const layers = new Layers(discriminator.weights.tensors);
  const picture = [batch, generator.edge, generator.edge, 3];
  return {
    source: gpu.input('source', picture),
    target: gpu.input('target', picture),
    discriminator: discriminator.trained(gpu.input('hyper_d', [HYPER_LENGTH])),
    judge: (tape: Tape | null, pair: Dual) => comodganJudge(tape, layers, generator, pair),
  };
}

/** One step of both networks. @returns the losses, and what `watch` saw */
function traceStep(
  gpu: Gpu,
  config: ComodganTraining,
  generator: TrainedWeights,
  discriminator: TrainedWeights,
  watch: Watch,
) {
  const { judge, ...parts } = judging(gpu, config, discriminator);
  const layers = new Layers(generator.weights.tensors);
  const chance = chanceInputs(gpu, config.generator, config.batch);
  const gan = {
    ...parts,
    generate: (tape: Tape | null) => comodganForward(tape, layers, config.generator, parts.source, chance),
    judge: (tape: Tape | null, pair: Dual['value']) => judge(tape, { value: pair, tangent: null }).value,
    generator: generator.trained(gpu.input('hyper_g', [HYPER_LENGTH])),
  };
  // Cross entropy is the non-saturating logistic loss.
  const step = traceGanStep(gan, { gan: 'vanilla', lambdaL1: config.lambdaL1, judgeWeight: 1 }, watch);
  return concat(null, [...LOSSES.map((name) => step[name]), ...watch.places]);
}

const tracePenalty = (gpu: Gpu, config: ComodganTraining, discriminator: TrainedWeights) =>
  traceR1({
    ...judging(gpu, config, discriminator),
    gamma: config.gamma ?? GAMMA,
    interval: R1_INTERVAL,
  });
