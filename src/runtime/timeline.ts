import type { Launch } from './recording.ts';

/** A stretch of time in milliseconds. */
export interface Span {
  readonly begin: number;
  readonly end: number;
}

/** A named stretch of JavaScript's time, in milliseconds of `performance.now()`. */
export interface Phase extends Span {
  readonly name: string;
}

/** GPU time of one launch. */
export interface KernelTime {
  readonly label: string;
  readonly kernel: string;
  readonly core: string | null;
  /** Median GPU time in milliseconds. */
  readonly ms: number;
  readonly flops: number;
  /** Bytes bound, each buffer once: what must move at least. */
  readonly bytes: number;
}

/** One timed run: all launches in one submit. */
export interface TimedRun {
  /** Begin and end of every launch by the GPU's clock, from the first begin on. */
  readonly spans: readonly Span[];
  /** JavaScript's time around the recording of its commands, and the moment the submit returned. */
  readonly encoded: Span;
  readonly submitted: number;
}

/** Where the time of a program's launches goes on the device. */
export interface Timeline {
  /** Every launch, in order: medians over the runs. */
  readonly kernels: readonly KernelTime[];
  /** The run whose length is the median. */
  readonly run: TimedRun;
  /** From the first begin to the last end of that run, in milliseconds. */
  readonly length: number;
  /** Time of it in which some kernel ran, in milliseconds; the rest are gaps. */
  readonly covered: number;
}

const byNumber = (a: number, b: number): number => a - b;

/** The middle value, the upper one of two; NaN of none. */
export function median(values: readonly number[]): number {
  return [...values].sort(byNumber)[values.length >> 1] ?? Number.NaN;
}

/** Names the stretches of a piece of work, one after the other. */
export class Stopwatch {
  readonly phases: Phase[] = [];
  #last = performance.now();

  /** Ends the stretch that began where the last one ended. */
  lap(name: string): void {
    const end = performance.now();
    this.phases.push({ name, begin: this.#last, end });
    this.#last = end;
  }
}

/** From the first begin to the last end, and how much of it the spans cover together; spans may overlap. */
export function coverage(spans: readonly Span[]): { readonly length: number; readonly covered: number } {
  const sorted = [...spans].sort((a, b) => a.begin - b.begin);
  const first = sorted[0]?.begin ?? 0;
  let [reached, covered] = [first, 0];
  for (const { begin, end } of sorted) {
    covered += Math.max(0, end - Math.max(begin, reached));
    reached = Math.max(reached, end);
  }
  return { length: reached - first, covered };
}

/** Medians of the launches over runs, and the run in the middle. @throws RangeError without a run */
export function timelineOf(launches: readonly Launch[], runs: readonly TimedRun[]): Timeline {
  const sorted = [...runs].sort((a, b) => coverage(a.spans).length - coverage(b.spans).length);
  const run = sorted[runs.length >> 1];
  if (!run) throw new RangeError('timeline: no run was timed');
  const kernels = launches.map((launch, i) => ({
    label: launch.label,
    kernel: launch.kernel.name,
    core: launch.core,
    ms: median(runs.map(({ spans }) => spans[i]!.end - spans[i]!.begin)),
    flops: launch.flops,
    bytes: [...new Set(launch.tensors.map((t) => t.storage))].reduce((sum, s) => sum + s.bytes, 0),
  }));
  return { kernels, run, ...coverage(run.spans) };
}
