import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../../src/model/picture.ts';
import type { Step } from '../../src/runtime/bind.ts';
import { submitSteps } from '../../src/runtime/encode.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { DivergedError, type PairSource } from '../../src/train/loop.ts';
import { Random } from '../../src/train/random.ts';
import type { Trainer } from '../../src/train/trainer.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';
import { beginSmall, noiseSource, smallTrainer, trainSaving } from './small_training.ts';

// NaN and infinities put into inputs, weights, gradients and losses of a training step.

const STEPS = 4;
const BROKEN = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** One injection: it acts before step `at` (from 1), and must be named so. */
interface Injection {
  readonly at: number;
  readonly named: RegExp;
  act(): void;
  /** Changes what a batch is made of. */
  source?(source: PairSource): PairSource;
}

type Maker = (
  trainer: Trainer,
  gpu: Gpu,
  random: Random,
  at: number,
  value: number,
) => Injection | Promise<Injection>;

/** Replays one step with a pause before a launch, in which a float of a tensor is overwritten. */
function overwrite(
  trainer: Trainer,
  gpu: Gpu,
  before: Step,
  tensor: Tensor,
  element: number,
  value: number,
): void {
  const { replay, each } = trainer.program;
  const cut = each.indexOf(before);
  const { run } = replay;
  replay.run = () => {
    replay.run = run;
    submitSteps(gpu, 'before', each.slice(0, cut));
    const { buffer, offset } = tensor.storage;
    gpu.device.queue.writeBuffer(buffer!, offset + 4 * element, Float32Array.of(value));
    submitSteps(gpu, 'after', each.slice(cut));
  };
}

const launchesOf = (trainer: Trainer, kernel: string): Step[] =>
  trainer.program.each.filter(({ launch }) => launch.kernel.name === kernel);

/** Weights of the adapter or the discriminator, one element of which is broken. */
const weight: Maker = async (trainer, _, random, at, value) => {
  const { weights: state } = await trainer.save();
  const choice = random.next();
  const named = /^weight \S+ is not finite/;
  const act = () => {
    const names = [...state.keys()];
    const name = names[Math.floor(choice * names.length)]!;
    const { shape, data } = state.get(name)!;
    const broken = data.slice();
    broken[random.integer(broken.length)] = value;
    trainer.restore({ weights: new Map([...state, [name, { shape, data: broken }]]) });
  };
  return { at, named, act };
};

/** The launches that look at the gradients are the last two of four: both weights come first. */
const gradient: Maker = (trainer, gpu, random, at, value) => ({
  at,
  named: /^gradient (lora|discriminator)\.\S+.* is not finite/,
  act() {
    const looks = launchesOf(trainer, 'finite/first').filter(
      ({ launch }) => launch.tensors[0]!.storage.kind === 'temp',
    );
    const firsts = looks.filter(({ launch }) => !launch.overrides.MERGE);
    const look = firsts[random.integer(firsts.length)]!;
    const [x] = look.launch.tensors;
    // Parameters begin at multiples of 64: such an element is one of a parameter, never padding.
    overwrite(trainer, gpu, look, x!, 64 * random.integer(x!.size / 64), value);
  },
});

/** Losses are joined two at a time. */
const loss: Maker = (trainer, gpu, random, at, value) => ({
  at,
  named: /^loss (d_real|d_fake|g_gan|g_l1) is /,
  act() {
    const joins = launchesOf(trainer, 'concat/forward').filter(({ launch }) => launch.tensors[1]!.size === 1);
    const join = joins[random.integer(joins.length)]!;
    overwrite(trainer, gpu, join, join.launch.tensors[1]!, 0, value);
  },
});

const input: Maker = (_, __, random, at, value) => {
  let isDue = false;
  const which = ['source', 'target', 'context'][random.integer(3)]!;
  const broken = (picture: Picture): Picture => {
    const rgb = Float32Array.from(picture.rgb).fill(value) as unknown as Picture['rgb'];
    return { ...picture, rgb };
  };
  return {
    at,
    named: new RegExp(`^input ${which} is `),
    act() {
      isDue = true;
    },
    source: (source) => ({
      count: source.count,
      async load(i) {
        const pair = await source.load(i);
        if (!isDue) return pair;
        const context = pair.context.slice();
        context[random.integer(context.length)] = value;
        if (which === 'context') return { ...pair, context };
        return which === 'source'
          ? { ...pair, input: broken(pair.input) }
          : { ...pair, target: broken(pair.target) };
      },
    }),
  };
};

const MAKERS = { weight, gradient, loss, input };

/** Trains until the injection is found. @returns what is wrong with how it was found */
async function trainBroken(trainer: Trainer, injection: Injection, folder: string): Promise<string | null> {
  const { at, named } = injection;
  const source = injection.source?.(noiseSource) ?? noiseSource;
  const { error, kept } = await trainSaving(trainer, source, folder, at, () => injection.act());
  if (!(error instanceof DivergedError)) return `went on, or failed otherwise: ${error}`;
  if (!named.test(error.message) || !error.message.endsWith(`at step ${at}`))
    return `says "${error.message}", not ${named} at step ${at}`;
  return kept === at - 1 ? null : `the checkpoint kept is of step ${kept}`;
}

async function injectAll(figures: Figures, folder: string, { full, seed }: PartOptions): Promise<void> {
  const gpu = await Gpu.open();
  const trainer = await smallTrainer(gpu, STEPS);
  const first = await trainer.save();
  const random = new Random(`numbers ${seed}`);
  const names = Object.keys(MAKERS) as (keyof typeof MAKERS)[];
  const count = full ? 50 : 12;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const kind = names[i % names.length]!;
    beginSmall(trainer);
    trainer.restore(first);
    const value = BROKEN[i % BROKEN.length]!;
    const injection = await MAKERS[kind](trainer, gpu, random, 1 + random.integer(STEPS - 1), value);
    const wrong = await trainBroken(trainer, injection, await mkdtemp(join(folder, 'run-')));
    if (wrong) figures.detail(`${value} in ${kind} (${i}): ${wrong}`);
    else found++;
  }
  figures.count(
    'NaN and infinities in inputs, weights, gradients, losses',
    found,
    count,
    'named with their step, the checkpoint before kept',
  );
  trainer.dispose();
  gpu.close();
}

await runPart((figures, options) => inScratch((folder) => injectAll(figures, folder, options)));
