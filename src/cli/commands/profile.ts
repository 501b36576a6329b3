import { Command, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import { type Grouping, groupTimes } from '../../runtime/kernel_times.ts';
import { type AdapterArgument, adapterArgument } from '../adapter_argument.ts';
import { addDeviceOptions, type DeviceOptions, deviceLine, withGpu } from '../device.ts';
import { UserError, usageError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { integer, type Size, size, text } from '../options.ts';
import { requireFileOutput } from '../outputs.ts';
import { adapterOf, profileJson } from '../profile/json.ts';
import { type Measured, measure } from '../profile/measure.ts';
import { memorySvg } from '../profile/memory_svg.ts';
import { printProfile } from '../profile/print.ts';
import { compileFrame, compileStep } from '../profile/replayed.ts';
import { checkTrainedSize, readSubject } from '../profile/subject.ts';
import { traceOf } from '../profile/trace.ts';

interface ProfileOptions extends DeviceOptions {
  readonly preset: PresetName;
  readonly size: Size;
  readonly base?: string;
  readonly adapter: readonly AdapterArgument[];
  readonly train?: boolean;
  readonly repeats: number;
  readonly by: Grouping;
  readonly trace?: string;
  readonly memory?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

async function checkOptions({ train, adapter, size, trace, memory, force }: ProfileOptions): Promise<void> {
  if (train) {
    if (adapter.length > 0) throw usageError('--train profiles an adapter of its own: leave out --adapter');
    checkTrainedSize(size);
  }
  if (trace !== undefined) await requireFileOutput(trace, '.json', force === true);
  if (memory !== undefined) await requireFileOutput(memory, '.svg', force === true);
}

async function profile(options: ProfileOptions): Promise<void> {
  await checkOptions(options);
  const subject = await readSubject(options);
  await withGpu(options, async (gpu) => {
    if (!gpu.features.timestamps)
      throw new UserError(`profile: ${deviceLine(gpu)} cannot time kernels (no timestamp-query)`);
    const compile = options.train ? compileStep : compileFrame;
    const measured = await measure(gpu, () => compile(gpu, subject, options.size), options.repeats);
    const what = options.train ? 'a LoRA step, batch 1' : 'a frame';
    const { width, height } = options.size;
    const title = `${what} of ${subject.name}, ${width}x${height}`;
    await writeFiles(options, measured, title, deviceLine(gpu));
    const groups = groupTimes(measured.timeline.kernels, options.by, measured.peaks);
    if (options.json) {
      const adapter = adapterOf(gpu);
      const about = { adapter, what, network: subject.name, width, height, repeats: options.repeats };
      console.log(JSON.stringify(profileJson(about, groups, options.by, measured), null, 2));
    } else printProfile([`device    ${deviceLine(gpu)}`, title], groups, options.by, measured);
  });
}

async function writeFiles(
  { trace, memory }: ProfileOptions,
  measured: Measured,
  title: string,
  device: string,
): Promise<void> {
  if (trace !== undefined) await writeAtomic(trace, JSON.stringify(traceOf(measured, device)));
  if (memory !== undefined) await writeAtomic(memory, memorySvg(measured.memory, title));
}

/** `e2gan profile`: where the time of a frame or a training step goes on the device. */
export function profileCommand(): Command {
  const command = new Command('profile')
    .description(
      "show each kernel's share of a frame or a training step, and of what the device could do (medians of GPU time)",
    )
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
    .addOption(
      new Option('--trace <file.json>', 'write a trace for Perfetto or chrome://tracing').argParser(text),
    )
    .addOption(new Option('--memory <file.svg>', 'draw the memory plan').argParser(text))
    .option('--force', 'overwrite these files')
    .option('--json', 'print JSON');
  return addDeviceOptions(command).action(profile);
}
