import { Command, InvalidArgumentError, Option } from 'commander';
import { generatorPresets, type PresetName } from '../../model/generator_spec.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import { measurePeaks } from '../../runtime/peaks.ts';
import { measurePreset, type PresetResult } from '../bench/measure.ts';
import { PAPER } from '../bench/phones.ts';
import { printBench, showFps } from '../bench/print.ts';
import {
  type Baseline,
  benchResult,
  type Comparison,
  compareResults,
  readBaseline,
  requireComparable,
} from '../bench/result_file.ts';
import { addDeviceOptions, type DeviceOptions, deviceLine, withGpu } from '../device.ts';
import { UserError, usageError } from '../errors.ts';
import { writeAtomic } from '../files.ts';
import { decimal, type Size, size, text } from '../options.ts';
import { requireFileOutput } from '../outputs.ts';

interface BenchOptions extends DeviceOptions {
  readonly preset: readonly PresetName[];
  readonly size: Size;
  readonly seconds: number;
  readonly targetFps?: number;
  readonly gate?: boolean;
  readonly save?: string;
  readonly compare?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const PRESETS = ['tiny', 'small', 'paper'] as const satisfies readonly PresetName[];

/** A comma-separated list of presets, each once. */
function presets(value: string): PresetName[] {
  const names = [...new Set(value.split(',').map((name) => name.trim()))];
  const unknown = names.find((name) => !Object.hasOwn(generatorPresets, name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`there is no preset "${unknown}", only ${PRESETS.join(', ')}`);
  return names as PresetName[];
}

async function checkOptions({ gate, targetFps, compare, save, force }: BenchOptions): Promise<void> {
  if (gate && targetFps === undefined && compare === undefined)
    throw usageError('--gate needs something to hold: give --target-fps or --compare');
  if (save !== undefined) await requireFileOutput(save, '.json', force === true);
}

/** @throws UserError with exit code 3 naming what fell short */
function holdGate(
  { targetFps, compare }: BenchOptions,
  results: readonly PresetResult[],
  comparisons: readonly Comparison[] | null,
): void {
  const missed = results
    .filter(({ fps }) => targetFps !== undefined && fps < targetFps)
    .map(({ preset, fps }) => `${preset} runs at ${showFps(fps)} FPS, the target is ${targetFps}`);
  const slower = (comparisons ?? [])
    .filter(({ verdict }) => verdict === 'slower')
    .map(({ preset, ratio }) => `${preset} takes ${ratio.toFixed(2)} times as long as in ${compare}`);
  const all = [...missed, ...slower];
  if (all.length > 0) throw new UserError(`gate: ${all.join('; ')}`, 3);
}

async function measureAll(gpu: Gpu, options: BenchOptions, baseline: Baseline | null): Promise<void> {
  const { preset: names, size: pixels, seconds, compare } = options;
  if (baseline) requireComparable(compare!, baseline, gpu, pixels, names);
  const peaks = await measurePeaks(gpu);
  const results: PresetResult[] = [];
  for (const name of names) results.push(await measurePreset(gpu, peaks, name, pixels, seconds));
  const comparisons = baseline ? compareResults(baseline, results) : null;
  const found = { ...benchResult(gpu, pixels, peaks, results), paper: PAPER };
  if (options.save !== undefined) await writeAtomic(options.save, `${JSON.stringify(found, null, 2)}\n`);
  if (options.json) console.log(JSON.stringify({ ...found, comparisons }, null, 2));
  else {
    const device = deviceLine(gpu);
    const shown = `${pixels.width}x${pixels.height}`;
    printBench(results, { device, size: shown, peaks, targetFps: options.targetFps, comparisons });
  }
  if (options.gate) holdGate(options, results, comparisons);
}

async function bench(options: BenchOptions): Promise<void> {
  await checkOptions(options);
  const baseline = options.compare === undefined ? null : await readBaseline(options.compare);
  await withGpu(options, (gpu) => measureAll(gpu, options, baseline));
}

/** `e2gan bench`: frames per second of the presets on this device, against a target and against an earlier run. */
export function benchCommand(): Command {
  const command = new Command('bench')
    .description('measure frames per second of the presets on this device')
    .addOption(
      new Option('--preset <names>', 'presets, separated by commas')
        .argParser(presets)
        .default(PRESETS, PRESETS.join(',')),
    )
    .addOption(
      new Option('--size <px>', 'edge of the picture, or width x height')
        .argParser(size(8, { min: 16, max: 4096 }))
        .default({ width: 256, height: 256 }, '256'),
    )
    .addOption(
      new Option('--seconds <n>', 'time for each preset; five frames at least')
        .argParser(decimal({ min: 0, max: 3600 }))
        .default(5),
    )
    .addOption(
      new Option('--target-fps <n>', 'say which presets reach this').argParser(
        decimal({ min: 0.01, max: 100_000 }),
      ),
    )
    .option('--gate', 'end with exit code 3 where a preset misses --target-fps, or is slower than --compare')
    .addOption(new Option('--save <file.json>', 'write the result, as a baseline').argParser(text))
    .addOption(new Option('--compare <file.json>', 'compare with a saved result').argParser(text))
    .option('--force', 'overwrite the file of --save')
    .option('--json', 'print JSON');
  return addDeviceOptions(command).action(bench);
}
