import { Command, Option } from 'commander';
import { Editor } from '../../model/editor.ts';
import {
  type GeneratorConfig,
  generatorPresets,
  generatorSpecs,
  type PresetName,
} from '../../model/generator_spec.ts';
import { defaultRanks } from '../../model/lora.ts';
import { type Picture, pictureValues } from '../../model/picture.ts';
import { hashedPrompt } from '../../model/text.ts';
import type { Arrays } from '../../model/weights.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { KernelTime } from '../../runtime/timeline.ts';
import { initialWeights } from '../../train/init.ts';
import { Random } from '../../train/random.ts';
import { Trainer } from '../../train/trainer.ts';
import { type AdapterArgument, adapterArgument, type LoadedAdapter } from '../adapter_argument.ts';
import { withGpu } from '../device.ts';
import { readEdit } from '../editing.ts';
import { UserError, usageError } from '../errors.ts';
import { type Grouping, groupTimes, type TimedGroup, totalTimes } from '../kernel_times.ts';
import { integer, type Size, size, text } from '../options.ts';
import { printTable } from '../table.ts';
import { discriminatorFor, initialise } from '../training.ts';
import { warn } from '../warn.ts';

interface ProfileOptions {
  readonly preset: PresetName;
  readonly size: Size;
  readonly base?: string;
  readonly adapter: readonly AdapterArgument[];
  readonly train?: boolean;
  readonly repeats: number;
  readonly by: Grouping;
  readonly json?: boolean;
}

/** What is profiled. */
interface Subject {
  readonly name: string;
  readonly config: GeneratorConfig;
  readonly weights: Arrays;
  readonly adapters: readonly LoadedAdapter[];
}

/** The discriminator's last layers need three pixels after it has halved a picture three times. */
const MIN_TRAINED = 24;
const SEED = 1;
const PROMPT = 'a profile';

async function subjectOf({ preset, base, adapter }: ProfileOptions): Promise<Subject> {
  if (base === undefined) {
    if (adapter.length > 0) throw usageError('--adapter needs the --base that it belongs to');
    const config = generatorPresets[preset];
    const weights = initialWeights(generatorSpecs(config), new Random(SEED));
    return { name: `${preset}, random weights`, config, weights, adapters: [] };
  }
  const edit = await readEdit({ base, adapter }, warn);
  const { config, weights } = edit.base.generator;
  return { name: edit.base.name, config, weights, adapters: edit.adapters };
}

function noise({ width, height }: Size): Picture {
  const random = new Random(SEED);
  return { width, height, rgb: Uint8Array.from({ length: width * height * 3 }, () => random.integer(256)) };
}

/** Times one frame. The first edit brings the inputs, merged weights and warm caches. */
async function profileFrame(gpu: Gpu, subject: Subject, { size, repeats }: ProfileOptions) {
  const { config, weights, adapters } = subject;
  const context = hashedPrompt(PROMPT, config.context);
  const editor = await Editor.create(gpu, config, weights, adapters, context, size.width, size.height);
  await editor.edit(noise(size));
  return editor.profile(repeats);
}

/** Times one training step of a LoRA with one pair. */
async function profileStep(gpu: Gpu, { config, weights }: Subject, { size, repeats }: ProfileOptions) {
  const trainer = await Trainer.create(gpu, {
    generator: config,
    discriminator: discriminatorFor(config),
    ranks: defaultRanks(config),
    gan: 'lsgan',
    lambdaL1: 100,
    size: size.width,
    batch: 1,
    steps: 1,
    lr: 1e-4,
  });
  initialise(trainer, { generator: weights, discriminator: null, seed: SEED });
  const values = pictureValues(noise(size));
  trainer.submit(0, { source: values, target: values, context: hashedPrompt(PROMPT, config.context) });
  await trainer.losses();
  return trainer.profile(repeats);
}

/** A row of the table: name, calls, ms, share of the total time, GFLOP/s and GB/s. */
function row({ name, calls, ms, flops, bytes }: TimedGroup, total: TimedGroup): (string | number)[] {
  const share = total.ms > 0 ? (100 * ms) / total.ms : 0;
  const rate = (work: number) => (ms > 0 ? (work / ms / 1e6).toFixed(2) : '-');
  return [name, calls, ms.toFixed(3), share.toFixed(1), rate(flops), rate(bytes)];
}

/** Which device, as a line. */
const deviceOf = ({ info, features }: Gpu): string =>
  `${info.description || info.device}${features.software ? ' (software: a GPU is far faster)' : ''}`;

function print(heading: readonly string[], groups: readonly TimedGroup[], by: Grouping): void {
  const total = totalTimes(groups);
  for (const line of heading) console.log(line);
  const rows = [...groups, total].map((group) => row(group, total));
  printTable([by, 'calls', 'ms', '%', 'GFLOP/s', 'GB/s'], rows);
}

function checkOptions({ train, adapter, size }: ProfileOptions): void {
  if (!train) return;
  if (adapter.length > 0) throw usageError('--train profiles an adapter of its own: leave out --adapter');
  if (size.width !== size.height) throw usageError('--train takes squares: give --size one number');
  if (size.width < MIN_TRAINED) throw usageError(`--train needs a --size of ${MIN_TRAINED} or more`);
}

async function profile(options: ProfileOptions): Promise<void> {
  checkOptions(options);
  const subject = await subjectOf(options);
  await withGpu(async (gpu) => {
    if (!gpu.features.timestamps)
      throw new UserError(`profile: ${deviceOf(gpu)} cannot time kernels (no timestamp-query)`);
    const times: readonly KernelTime[] = await (options.train ? profileStep : profileFrame)(
      gpu,
      subject,
      options,
    );
    const groups = groupTimes(times, options.by);
    const what = options.train ? 'a LoRA step, batch 1' : 'a frame';
    const { width, height } = options.size;
    if (options.json) {
      const { vendor, architecture, device, description } = gpu.info;
      const adapter = { vendor, architecture, device, description, software: gpu.features.software };
      const about = { adapter, what, network: subject.name, width, height, repeats: options.repeats };
      console.log(JSON.stringify({ ...about, by: options.by, groups, total: totalTimes(groups) }, null, 2));
    } else
      print(
        [`device: ${deviceOf(gpu)}`, `${what} of ${subject.name}, ${width}x${height}`],
        groups,
        options.by,
      );
  });
}

/** `e2gan profile`: where the time of a frame or a training step goes on the device. */
export function profileCommand(): Command {
  return new Command('profile')
    .description("show each kernel's share of a frame or a training step (medians of GPU time)")
    .addOption(
      new Option('--preset <name>', 'network with random weights')
        .choices(Object.keys(generatorPresets))
        .default('tiny')
        .conflicts('base'),
    )
    .addOption(
      new Option('--size <px>', 'edge of the picture, or width x height')
        .argParser(size(8, { min: 16, max: 4096 }))
        .default({ width: 256, height: 256 }, '256'),
    )
    .addOption(new Option('--base <file>', 'base generator instead of a preset').argParser(text))
    .addOption(
      new Option('--adapter <path[:strength]>', 'adapter on the base; may be repeated')
        .argParser(adapterArgument)
        .default([], 'none'),
    )
    .option('--train', 'a training step of an adapter instead of a frame')
    .addOption(
      new Option('--repeats <n>', 'runs to take the median of')
        .argParser(integer({ min: 1, max: 1000 }))
        .default(5),
    )
    .addOption(
      new Option('--by <what>', 'one line per label, kernel or layer')
        .choices(['label', 'kernel', 'layer'])
        .default('label'),
    )
    .option('--json', 'print JSON')
    .action(profile);
}
