import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ComodganConfig, comodganJudgeSpecs, comodganSpecs } from '../../model/comodgan_spec.ts';
import type { DiscriminatorConfig } from '../../model/discriminator.ts';
import type { GeneratorNetwork } from '../../model/generator_network.ts';
import type { Ranks } from '../../model/lora.ts';
import type { Picture } from '../../model/picture.ts';
import type { Arrays } from '../../model/weights.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { Json } from '../../train/checkpoint.ts';
import { ComodganTrainer } from '../../train/comodgan_trainer.ts';
import { architectureOf, initialise } from '../../train/first_weights.ts';
import type { GanObjective } from '../../train/gan_step.ts';
import { initialWeights } from '../../train/init.ts';
import type { PairSource, PromptedPair } from '../../train/loop.ts';
import { Random } from '../../train/random.ts';
import { Trainer } from '../../train/trainer.ts';
import type { Training } from '../../train/training.ts';
import { remove, writeAtomic } from '../files.ts';
import { encodePng } from '../images/png.ts';
import { openRunFolder, type RunFolder, wasBegunWith } from '../run_folder.ts';
import { editAll, runSession } from '../session.ts';
import { Interrupted } from '../signals.ts';
import type { Judge, Score } from './judge.ts';
import type { TrialLog, TrialResult } from './trial_log.ts';

/** Pairs of one concept: to learn from, and to be judged by. */
export interface ConceptPairs {
  readonly concept: string;
  readonly source: PairSource;
  /** How the pairs were picked of all, in words; null where they are all. */
  readonly picked: string | null;
  /** Equally large squares. */
  readonly heldOut: readonly PromptedPair[];
}

/** How long and with which settings trials train; one set for all that are compared. */
export interface TrialTraining extends GanObjective {
  readonly size: number;
  readonly batch: number;
  readonly lr: number;
  readonly flip: boolean;
}

/** What a training starts from. */
export interface TrialStart {
  /** Names the weights, such as a checksum. */
  readonly id: string;
  readonly generator: Arrays | null;
  readonly discriminator: Arrays | null;
}

/** From random weights. */
export const SCRATCH: TrialStart = { id: 'scratch', generator: null, discriminator: null };

/** One training that is compared with others. */
export interface Trial {
  /** Its folder below `runs/`: lower case, digits, points and dashes. */
  readonly name: string;
  readonly pairs: ConceptPairs;
  readonly network: GeneratorNetwork;
  readonly discriminator: DiscriminatorConfig;
  /** Set where the network is Co-Mod-GAN, which has a discriminator, losses and an optimizer of its own. */
  readonly comodgan?: ComodganConfig;
  readonly start: TrialStart;
  /** Ranks of an adapter, or null to train the network's own weights. */
  readonly ranks: Ranks | null;
  readonly frozen?: ReadonlySet<string>;
  readonly training: TrialTraining;
  readonly steps: number;
  readonly seed: number;
  /** Steps between points of the curve; none by default. */
  readonly curveEvery?: number;
}

/** Where trials are run and kept. */
export interface TrialBench {
  readonly gpu: Gpu;
  readonly folder: string;
  readonly log: TrialLog;
  readonly judge: Judge;
}

const SAVE_EVERY = 250;
const SAMPLES = 6;

/** Indices of the held-out pictures whose edits are kept: spread evenly, since neighbours often show one subject. */
export const sampled = (count: number): number[] =>
  Array.from({ length: Math.min(SAMPLES, count) }, (_, i) =>
    Math.floor((i * count) / Math.min(SAMPLES, count)),
  );

const CURVE = 'curve.json';

/** All that a result hangs on. */
function settingsOf({ pairs, network, start, ranks, frozen, training, steps, seed, ...rest }: Trial) {
  return {
    kind: 'trial',
    concept: pairs.concept,
    pairs: pairs.source.count,
    judged: pairs.heldOut.length,
    network: network.name,
    judge: { ...rest.discriminator },
    start: start.id,
    ranks: ranks && Object.fromEntries(ranks),
    frozen: [...(frozen ?? [])],
    curve_every: rest.curveEvery ?? null,
    picked: pairs.picked,
    ...training,
    steps,
    seed,
  };
}

type Curve = { step: number; score: Score }[];

/** Points of the curve that an earlier, broken run has left. */
async function readCurve(run: RunFolder): Promise<Curve> {
  const path = run.file(CURVE);
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Curve) : [];
}

/** A training that has its first weights. */
type Begun = Training & Pick<Trainer, 'counts' | 'dispose'>;

/** Co-Mod-GAN's own learning rate. */
const COMODGAN_LR = 0.002;

async function beginComodgan(gpu: Gpu, trial: Trial, generator: ComodganConfig): Promise<Begun> {
  const { steps, seed, training } = trial;
  const { batch, lambdaL1 } = training;
  const trainer = await ComodganTrainer.create(gpu, {
    generator,
    batch,
    steps,
    lr: COMODGAN_LR,
    lambdaL1,
    seed,
  });
  const random = new Random(seed);
  trainer.begin({
    generator: initialWeights(comodganSpecs(generator), random.fork('generator')),
    discriminator: initialWeights(comodganJudgeSpecs(generator), random.fork('discriminator')),
  });
  return trainer;
}

/** Compiles a trial's training and gives it the weights to start from. */
async function begin(gpu: Gpu, trial: Trial): Promise<Begun> {
  if (trial.comodgan) return beginComodgan(gpu, trial, trial.comodgan);
  const { network: generator, discriminator, ranks, frozen, training, steps, start, seed } = trial;
  const config = { generator, discriminator, ranks, ...(frozen ? { frozen } : {}), ...training, steps };
  const trainer = await Trainer.create(gpu, config);
  initialise(trainer, { generator: start.generator, discriminator: start.discriminator, seed });
  return trainer;
}

/** Architecture of what a trial's checkpoints hold. */
function architecture({ network, discriminator, ranks, frozen }: Trial): string {
  return architectureOf({ generator: network, discriminator, ranks, frozen: frozen ?? new Set() });
}

/** What a trial's training works with. */
interface Running {
  readonly bench: TrialBench;
  readonly trial: Trial;
  readonly run: RunFolder;
  readonly trainer: Begun;
}

/** Edits all held-out pictures with the weights as they are. */
async function editHeldOut({ bench, trial, trainer }: Running): Promise<Picture[]> {
  const { heldOut } = trial.pairs;
  const program = await trainer.preview(bench.gpu, heldOut[0]!.input.width);
  try {
    return await editAll(program, heldOut);
  } finally {
    program.dispose();
  }
}

/** Trains to the end. @returns wall time of a whole training in seconds, and the curve. @throws Interrupted */
async function train(running: Running): Promise<{ seconds: number; curve: Curve }> {
  const { bench, trial, run, trainer } = running;
  const { pairs, steps, seed, curveEvery } = trial;
  let curve = await readCurve(run);
  let judging = 0;
  const judge = async (step: number) => {
    if (curveEvery === undefined) return;
    const begin = performance.now();
    const score = await bench.judge.score(await editHeldOut(running), pairs.heldOut);
    curve = [...curve.filter((point) => point.step < step), { step, score }];
    await writeAtomic(run.file(CURVE), JSON.stringify(curve));
    judging += performance.now() - begin;
  };
  if (steps === 0) return { seconds: 0, curve };
  const begin = performance.now();
  const { from, stopped } = await runSession({
    gpu: bench.gpu,
    ...{ run, trainer, source: pairs.source, heldOut: [] },
    sampling: { count: pairs.source.count, seed, flip: trial.training.flip },
    architecture: architecture(trial),
    config: settingsOf(trial) as Json,
    saveEvery: curveEvery ?? SAVE_EVERY,
    previewEvery: Number.MAX_SAFE_INTEGER,
    label: trial.name,
    onSaved: judge,
  });
  if (stopped) throw new Interrupted(stopped);
  // Of a resumed training only the last part was timed: the whole is taken to have gone at its rate.
  const share = steps / Math.max(1, steps - from);
  return { seconds: (share * (performance.now() - begin - judging)) / 1000, curve };
}

async function finish(running: Running): Promise<TrialResult> {
  const { bench, trial, run, trainer } = running;
  const { name, pairs, steps, seed } = trial;
  const { seconds, curve } = await train(running);
  const edited = await editHeldOut(running);
  for (const i of sampled(edited.length))
    await writeAtomic(run.file(`sample-${i}.png`), encodePng(edited[i]!));
  return {
    ...{ name, concept: pairs.concept, seed, steps, seconds, curve },
    pairs: pairs.source.count,
    judged: pairs.heldOut.length,
    weights: trainer.counts,
    score: await bench.judge.score(edited, pairs.heldOut),
  };
}

/**
 * Runs a trial into `runs/<name>`, or takes its result from the log. A trial that was broken goes on from its newest
 * checkpoint; what is done keeps metrics and samples, not its checkpoints.
 *
 * @throws Interrupted after a signal; UserError, KernelError, DivergedError
 */
export async function runTrial(bench: TrialBench, trial: Trial): Promise<TrialResult> {
  const settings = settingsOf(trial);
  const known = bench.log.find(trial.name, JSON.stringify(settings));
  if (known) return known;
  const path = join(bench.folder, 'runs', trial.name);
  const fresh = !(await wasBegunWith(path, settings));
  const run = await openRunFolder(path, settings, { fresh });
  let trainer: Begun | undefined;
  try {
    trainer = await begin(bench.gpu, trial);
    const result = await finish({ bench, trial, run, trainer });
    await bench.log.add(JSON.stringify(settings), result);
    await remove(run.file('checkpoints'));
    return result;
  } finally {
    trainer?.dispose();
    await run.release();
  }
}
