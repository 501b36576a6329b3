import { z } from 'zod';
import type { Gpu } from '../../runtime/gpu.ts';
import type { Peaks } from '../../runtime/peaks.ts';
import { UserError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import type { Size } from '../options.ts';
import { adapterOf } from '../profile/json.ts';
import { packageVersion } from '../version.ts';
import type { PresetResult } from './measure.ts';
import { compareTimes, type Verdict } from './statistics.ts';

const MAX_BYTES = 16 * 1024 * 1024;
const positive = z.number().positive();
const SUMMARY = z.object({
  count: z.int().positive(),
  q1: positive,
  median: positive,
  q3: positive,
  p95: positive,
});

/** What a comparison needs of a saved result; the rest of the file is for people. */
const BASELINE = z.looseObject({
  format: z.literal('e2gan bench 1'),
  adapter: z.looseObject({
    vendor: z.string(),
    architecture: z.string(),
    device: z.string(),
    description: z.string(),
  }),
  width: z.int().positive(),
  height: z.int().positive(),
  results: z.array(z.looseObject({ preset: z.string(), frame: SUMMARY })),
});

/** A result that was saved before. */
export type Baseline = z.infer<typeof BASELINE>;

/** How a preset does against the baseline; `ratio` is the new median over the old one. */
export interface Comparison {
  readonly preset: string;
  readonly verdict: Verdict;
  readonly before: number;
  readonly ratio: number;
}

/** All that a bench finds, as it is saved and printed as JSON. */
export function benchResult(gpu: Gpu, size: Size, peaks: Peaks, results: readonly PresetResult[]) {
  const { width, height } = size;
  const date = new Date().toISOString();
  const about = {
    format: 'e2gan bench 1' as const,
    version: packageVersion,
    date,
    node: process.versions.node,
  };
  return { ...about, adapter: adapterOf(gpu), width, height, peaks, results };
}

/** Reads a saved result. @throws UserError naming the file */
export async function readBaseline(path: string): Promise<Baseline> {
  const bytes = await readRegularFile(path, MAX_BYTES);
  const refusal = `${path}: is no result of e2gan bench; write one with --save`;
  try {
    return BASELINE.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw new UserError(refusal, 1, { cause: error });
  }
}

/** Makes sure that a baseline speaks of this device, this size and these presets. @throws UserError naming the file */
export function requireComparable(
  path: string,
  baseline: Baseline,
  gpu: Gpu,
  { width, height }: Size,
  presets: readonly string[],
): void {
  const refuse = (reason: string) => {
    throw new UserError(`${path}: ${reason}; save a baseline with the same flags on this device`);
  };
  const here = adapterOf(gpu);
  const name = (a: { readonly description: string; readonly device: string }) => a.description || a.device;
  const parts = ['vendor', 'architecture', 'device', 'description'] as const;
  if (parts.some((part) => baseline.adapter[part] !== here[part]))
    refuse(`was measured on another adapter, ${name(baseline.adapter)}, this one is ${name(here)}`);
  if (baseline.width !== width || baseline.height !== height)
    refuse(`was measured at ${baseline.width}x${baseline.height}, not ${width}x${height}`);
  const known = baseline.results.map((r) => r.preset);
  const missing = presets.find((preset) => !known.includes(preset));
  if (missing !== undefined) refuse(`has no preset ${missing}, only ${known.join(', ') || 'an empty list'}`);
}

/** Compares what both have. */
export function compareResults(baseline: Baseline, results: readonly PresetResult[]): Comparison[] {
  return results.map(({ preset, frame }) => {
    const before = baseline.results.find((r) => r.preset === preset)!.frame;
    const verdict = compareTimes(before, frame);
    return { preset, verdict, before: before.median, ratio: frame.median / before.median };
  });
}
