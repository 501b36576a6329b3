import type { Gpu } from '../../runtime/gpu.ts';
import { type MemoryPlan, memoryPlan } from '../../runtime/memory.ts';
import { measurePeaks, type Peaks } from '../../runtime/peaks.ts';
import type { ReplayTimes } from '../../runtime/replay.ts';
import { median, type Phase, Stopwatch, type Timeline } from '../../runtime/timeline.ts';
import type { Replayed } from './replayed.ts';

/** All that a profile shows. */
export interface Measured {
  readonly peaks: Peaks;
  readonly timeline: Timeline;
  /** Compile, first frame, replay, timed replays; and the compile's own pieces. */
  readonly phases: readonly Phase[];
  readonly compiled: readonly Phase[];
  /** Pieces of one replay. */
  readonly replay: readonly Phase[];
  /** Medians over the replays, in milliseconds. */
  readonly javascript: ReplayTimes;
  readonly memory: MemoryPlan;
  /** Bytes of the program's own buffers: arena, inputs, params. */
  readonly bytes: number;
}

/** Replays that only time JavaScript end early on a slow device. */
const REPLAY_MS = 3000;

/** Medians of JavaScript's time over replays. */
export function medianTimes(times: readonly ReplayTimes[]): ReplayTimes {
  const of = (part: keyof ReplayTimes) => median(times.map((t) => t[part]));
  return { write: of('write'), encode: of('encode'), submit: of('submit') };
}

/** Compiles, runs and times `repeats` runs of a frame or a step. @throws KernelError, DeviceLostError */
export async function measure(
  gpu: Gpu,
  compile: () => Promise<Replayed>,
  repeats: number,
): Promise<Measured> {
  const peaks = await measurePeaks(gpu);
  const watch = new Stopwatch();
  const replayed = await compile();
  const { program } = replayed;
  watch.lap('compile');
  await replayed.run();
  watch.lap('first frame');
  const times: ReplayTimes[] = [];
  const begin = performance.now();
  while (times.length < repeats && (times.length === 0 || performance.now() - begin < REPLAY_MS)) {
    await replayed.run();
    times.push(program.replay.times);
  }
  const replay = program.replay.phases;
  watch.lap('replay');
  const timeline = await program.timeline(repeats);
  watch.lap('timed replay');
  const measured = {
    peaks,
    timeline,
    phases: watch.phases,
    compiled: program.compiled,
    replay,
    javascript: medianTimes(times),
    memory: memoryPlan(program.plan),
    bytes: program.bytes,
  };
  replayed.dispose();
  return measured;
}
