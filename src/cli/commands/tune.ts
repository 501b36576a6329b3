import { Command, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { gpuTimer, type Timer, wallTimer } from '../../runtime/timers.ts';
import { type TunedKey, type TuneOptions, type Tuning, tune } from '../../runtime/tune.ts';
import { deviceLine, withGpu } from '../device.ts';
import { UserError, usageError } from '../errors.ts';
import { integer, type Size, size } from '../options.ts';
import { processorTimer } from '../processor_timer.ts';
import { compileFrame, compileStep, type Replayed } from '../profile/replayed.ts';
import { checkTrainedSize, presetSubject } from '../profile/subject.ts';
import { startProgress } from '../progress.ts';
import { printTable } from '../table.ts';
import { readTuned, tunedFile, writeTuned } from '../tuned.ts';
import { warn } from '../warn.ts';

const TIMERS = { gpu: gpuTimer, wall: wallTimer, processor: processorTimer } as const;

interface CommandOptions {
  readonly preset: PresetName;
  readonly size: Size;
  readonly train?: boolean;
  readonly seconds: number;
  readonly timer?: keyof typeof TIMERS;
  readonly storage: 'f32' | 'f16';
  readonly force?: boolean;
  readonly json?: boolean;
}

/** @throws UserError where the device has not what the timer needs */
function timerFor({ features }: Gpu, { timer }: CommandOptions): Timer | undefined {
  if (timer === 'gpu' && !features.timestamps)
    throw usageError('--timer gpu: this device has no timestamp-query; use --timer wall');
  if (timer === 'processor' && !features.software)
    throw usageError('--timer processor: is for software devices; leave it out');
  return timer && TIMERS[timer];
}

/** Tunes one program, showing and saving each key as it is decided, so that nothing is lost when it is stopped. */
async function tuneOne(gpu: Gpu, what: string, replayed: Replayed, options: TuneOptions): Promise<Tuning> {
  let progress: ReturnType<typeof startProgress> | undefined;
  const onKey = async (tuned: TunedKey, done: number, all: number) => {
    progress ??= startProgress({ label: `tune ${what}`, total: all, unit: 'keys' });
    progress.update(done, `${tuned.key}: ${tuned.best}`);
    await writeTuned(gpu.info, [tuned]);
  };
  try {
    // The first run brings inputs and merged weights.
    await replayed.run();
    return await tune(replayed.program, { ...options, onKey });
  } finally {
    progress?.stop();
    replayed.dispose();
  }
}

/** Tunes a frame's products, and then a training step's in the time that is left. */
async function tuneAll(gpu: Gpu, options: CommandOptions, known: ReadonlySet<string>): Promise<Tuning[]> {
  const { preset, train, seconds, size } = options;
  const begin = performance.now();
  const timer = timerFor(gpu, options);
  const rules = timer ? { timer } : {};
  const subject = presetSubject(preset);
  const frame = await compileFrame(gpu, subject, size);
  const whole = { ...rules, known, seconds: train ? seconds / 2 : seconds };
  const frames = await tuneOne(gpu, 'frame', frame, whole);
  if (!train) return [frames];
  const step = await compileStep(gpu, subject, size);
  const left = Math.max(0, seconds - (performance.now() - begin) / 1000);
  const all = new Set([...known, ...frames.choices.keys()]);
  return [frames, await tuneOne(gpu, 'step', step, { ...rules, known: all, seconds: left })];
}

const gainOf = ({ ms, best, byDefault }: TunedKey): number => ms.get(byDefault)! / ms.get(best)!;

/** Key, default form, best form, their milliseconds, and how many times faster the best is. */
const row = (tuned: TunedKey): string[] => [
  tuned.key,
  tuned.byDefault,
  tuned.ms.get(tuned.byDefault)!.toFixed(3),
  tuned.best,
  tuned.ms.get(tuned.best)!.toFixed(3),
  tuned.best === tuned.byDefault ? '-' : `${gainOf(tuned).toFixed(2)}x`,
];

async function tuneCommandAction(options: CommandOptions): Promise<void> {
  if (options.train) checkTrainedSize(options.size);
  await withGpu({ tuned: false, storage: options.storage }, async (gpu) => {
    const before = await readTuned(gpu.info);
    const known = new Set(options.force ? [] : before?.keys());
    const file = tunedFile(gpu.info);
    const tunings = await tuneAll(gpu, options, known);
    const keys = tunings.flatMap((tuning) => tuning.keys);
    const found = new Set(keys.map(({ key }) => key));
    const left = [...new Set(tunings.flatMap((tuning) => tuning.left))].filter((key) => !found.has(key));
    for (const { key, refused } of keys)
      for (const [form, reason] of refused) warn(`${key}: the form ${form} was refused: ${reason}`);
    if (!keys.length && left.length)
      throw new UserError(
        `--seconds ${options.seconds}: too short for any of ${left.length} keys; give more`,
      );
    if (options.json) {
      const plain = ({ ms, refused, ...rest }: TunedKey) => ({
        ...rest,
        ms: Object.fromEntries(ms),
        refused: Object.fromEntries(refused),
      });
      console.log(JSON.stringify({ file, keys: keys.map(plain), known: known.size, left }, null, 2));
      return;
    }
    console.log(`device: ${deviceLine(gpu)}`);
    printTable(['key', 'default', 'ms', 'best', 'ms', 'gain'], keys.map(row));
    console.log(`${keys.length} keys tuned, ${known.size} known before, ${left.length} left: ${file}`);
  });
}

/** `e2gan tune`: finds the fastest form of each product on this device and keeps it in the user's cache. */
export function tuneCommand(): Command {
  return new Command('tune')
    .description('find the fastest form of each kernel on this device; later commands use it')
    .addOption(
      new Option('--preset <name>', 'network').choices(Object.keys(generatorPresets)).default('tiny'),
    )
    .addOption(
      new Option('--size <px>', 'edge of the picture, or width x height')
        .argParser(size(8, { min: 16, max: 4096 }))
        .default({ width: 256, height: 256 }, '256'),
    )
    .option('--train', "a training step's kernels too")
    .addOption(
      new Option('--seconds <n>', 'time for measuring; what costs most goes first')
        .argParser(integer({ min: 1, max: 86_400 }))
        .default(60),
    )
    .addOption(
      new Option(
        '--timer <what>',
        'gpu: timestamps; wall; processor: for a software device on a busy machine (default: gpu, else wall)',
      ).choices(Object.keys(TIMERS)),
    )
    .addOption(
      new Option('--storage <type>', 'of the commands that are to be faster; f16 tries matrix units too')
        .choices(['f32', 'f16'])
        .default('f32'),
    )
    .option('--force', 'measure anew what is known')
    .option('--json', 'print JSON')
    .action(tuneCommandAction);
}
