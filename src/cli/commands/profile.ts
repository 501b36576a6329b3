import { Command, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { KernelTime } from '../../runtime/profile.ts';
import { type AdapterArgument, adapterArgument } from '../adapter_argument.ts';
import { addTunedOption, type DeviceOptions, withGpu } from '../device.ts';
import { readEdit } from '../editing.ts';
import { UserError, usageError } from '../errors.ts';
import { type Grouping, groupTimes, type TimedGroup, totalTimes } from '../kernel_times.ts';
import { integer, type Size, size, text } from '../options.ts';
import { checkTrainedSize, deviceLine, frameOf, presetSubject, type Subject, stepOf } from '../subject.ts';
import { printTable } from '../table.ts';
import { warn } from '../warn.ts';

interface ProfileOptions extends DeviceOptions {
  readonly preset: PresetName;
  readonly size: Size;
  readonly base?: string;
  readonly adapter: readonly AdapterArgument[];
  readonly train?: boolean;
  readonly repeats: number;
  readonly by: Grouping;
  readonly json?: boolean;
}

async function subjectOf({ preset, base, adapter }: ProfileOptions): Promise<Subject> {
  if (base === undefined) {
    if (adapter.length > 0) throw usageError('--adapter needs the --base that it belongs to');
    return presetSubject(preset);
  }
  const edit = await readEdit({ base, adapter }, warn);
  const { config, weights } = edit.base.generator;
  return { name: edit.base.name, config, weights, adapters: edit.adapters };
}

/** Times one frame, or one training step of a LoRA with one pair. */
async function timesOf(gpu: Gpu, subject: Subject, options: ProfileOptions): Promise<KernelTime[]> {
  const measured = await (options.train ? stepOf : frameOf)(gpu, subject, options.size);
  return measured.profile(options.repeats);
}

/** A row of the table: name, calls, ms, share of the total time, GFLOP/s and GB/s. */
function row({ name, calls, ms, flops, bytes }: TimedGroup, total: TimedGroup): (string | number)[] {
  const share = total.ms > 0 ? (100 * ms) / total.ms : 0;
  const rate = (work: number) => (ms > 0 ? (work / ms / 1e6).toFixed(2) : '-');
  return [name, calls, ms.toFixed(3), share.toFixed(1), rate(flops), rate(bytes)];
}

function print(heading: readonly string[], groups: readonly TimedGroup[], by: Grouping): void {
  const total = totalTimes(groups);
  for (const line of heading) console.log(line);
  const rows = [...groups, total].map((group) => row(group, total));
  printTable([by, 'calls', 'ms', '%', 'GFLOP/s', 'GB/s'], rows);
}

function checkOptions({ train, adapter, size }: ProfileOptions): void {
  if (!train) return;
  if (adapter.length > 0) throw usageError('--train profiles an adapter of its own: leave out --adapter');
  checkTrainedSize(size);
}

async function profile(options: ProfileOptions): Promise<void> {
  checkOptions(options);
  const subject = await subjectOf(options);
  await withGpu(options, async (gpu) => {
    if (!gpu.features.timestamps)
      throw new UserError(`profile: ${deviceLine(gpu)} cannot time kernels (no timestamp-query)`);
    const times = await timesOf(gpu, subject, options);
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
        [`device: ${deviceLine(gpu)}`, `${what} of ${subject.name}, ${width}x${height}`],
        groups,
        options.by,
      );
  });
}

/** `e2gan profile`: where the time of a frame or a training step goes on the device. */
export function profileCommand(): Command {
  const command = new Command('profile')
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
    .option('--json', 'print JSON');
  return addTunedOption(command).action(profile);
}
