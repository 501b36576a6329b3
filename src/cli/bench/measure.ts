import type { PresetName } from '../../model/generator_spec.ts';
import type { Gpu } from '../../runtime/gpu.ts';
import type { Peaks } from '../../runtime/peaks.ts';
import type { ReplayTimes } from '../../runtime/replay.ts';
import type { Size } from '../options.ts';
import { medianTimes } from '../profile/measure.ts';
import { compileFrame, type Replayed } from '../profile/replayed.ts';
import { presetSubject } from '../profile/subject.ts';
import { PHONES, type Projection, project } from './phones.ts';
import { type Summary, summarise } from './statistics.ts';

/** How fast one preset is on this device. */
export interface PresetResult {
  readonly preset: PresetName;
  /** Milliseconds of a frame, picture in and picture out, one after the other. */
  readonly frame: Summary;
  /** By the median frame. */
  readonly fps: number;
  /** Milliseconds in which kernels of a frame ran, and launches; null where the device has no timestamps. */
  readonly gpuMs: number | null;
  readonly launches: number;
  /** Medians of JavaScript's milliseconds per frame. */
  readonly javascript: ReplayTimes;
  readonly projections: readonly Projection[];
}

const MIN_FRAMES = 5;
const MAX_FRAMES = 2000;
const WARM_FRAMES = 3;
/** A frame that takes longer is warm after one. */
const SLOW_MS = 1000;
/** Runs that the device times: as many as fit into two seconds. */
const MAX_TIMED = 15;
const TIMED_MS = 2000;

async function timeFrames(
  replayed: Replayed,
  seconds: number,
): Promise<{ ms: number[]; times: ReplayTimes[] }> {
  const ms: number[] = [];
  const times: ReplayTimes[] = [];
  const end = performance.now() + seconds * 1000;
  while (ms.length < MIN_FRAMES || (ms.length < MAX_FRAMES && performance.now() < end)) {
    const begin = performance.now();
    await replayed.run();
    ms.push(performance.now() - begin);
    times.push(replayed.program.replay.times);
  }
  return { ms, times };
}

/** First frames compile, merge and fill caches. */
async function warm(replayed: Replayed): Promise<void> {
  await replayed.run();
  for (let i = 1; i < WARM_FRAMES; i++) {
    const begin = performance.now();
    await replayed.run();
    if (performance.now() - begin > SLOW_MS) return;
  }
}

/** Frames of a preset with random weights for about `seconds`, five at least. @throws KernelError, DeviceLostError */
export async function measurePreset(
  gpu: Gpu,
  peaks: Peaks,
  preset: PresetName,
  size: Size,
  seconds: number,
): Promise<PresetResult> {
  const replayed = await compileFrame(gpu, presetSubject(preset), size);
  await warm(replayed);
  const { ms, times } = await timeFrames(replayed, seconds);
  const frame = summarise(ms);
  const repeats = Math.max(1, Math.min(MAX_TIMED, Math.floor(TIMED_MS / frame.median)));
  const timeline = gpu.features.timestamps ? await replayed.program.timeline(repeats) : null;
  const launches = replayed.program.each.length;
  replayed.dispose();
  return {
    preset,
    frame,
    fps: 1000 / frame.median,
    gpuMs: timeline?.covered ?? null,
    launches,
    javascript: medianTimes(times),
    projections: timeline ? PHONES.map((phone) => project(timeline.kernels, peaks, phone)) : [],
  };
}
