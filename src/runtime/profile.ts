import type { Step } from './bind.ts';
import { dispatch } from './encode.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import { Readback } from './readback.ts';
import type { Span, TimedRun } from './timeline.ts';

// A query set holds at most 4096 timestamps, two of each launch.
const LAUNCHES_PER_SET = 2048;

/** Everything that a timed run needs on the device, made once for all repeats. */
class Stamps {
  readonly #gpu: Gpu;
  readonly #steps: readonly Step[];
  readonly #times: number;
  readonly #sets: readonly GPUQuerySet[];
  readonly #resolved: GPUBuffer;
  readonly #readback: Readback;

  constructor(gpu: Gpu, steps: readonly Step[], times: number) {
    const bytes = steps.length * 2 * 8;
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.#gpu = gpu;
    this.#steps = steps;
    this.#times = times;
    this.#resolved = gpu.createBuffer('timestamps', bytes, usage);
    this.#readback = new Readback(gpu, 'timestamps', bytes, 1);
    this.#sets = Array.from({ length: Math.ceil(steps.length / LAUNCHES_PER_SET) }, (_, i) => {
      const launches = Math.min(LAUNCHES_PER_SET, steps.length - i * LAUNCHES_PER_SET);
      return gpu.device.createQuerySet({ type: 'timestamp', count: launches * 2 });
    });
  }

  /** Runs all launches in order. */
  async run(): Promise<TimedRun> {
    const begin = performance.now();
    let end = begin;
    this.#gpu.faults.guard('profile', () => {
      const commands = this.#encode();
      end = performance.now();
      this.#gpu.device.queue.submit([commands]);
    });
    const submitted = performance.now();
    const ticks = new BigUint64Array(await this.#readback.read(this.#resolved));
    return { spans: spansOf(ticks), encoded: { begin, end }, submitted };
  }

  #encode(): GPUCommandBuffer {
    const encoder = this.#gpu.device.createCommandEncoder({ label: 'profile' });
    for (const [i, step] of this.#steps.entries()) {
      const querySet = this.#sets[Math.floor(i / LAUNCHES_PER_SET)]!;
      const at = (i % LAUNCHES_PER_SET) * 2;
      const timestampWrites = { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 };
      const pass = encoder.beginComputePass({ label: step.launch.label, timestampWrites });
      dispatch(pass, step, this.#times);
      pass.end();
    }
    for (const [i, set] of this.#sets.entries())
      encoder.resolveQuerySet(set, 0, set.count, this.#resolved, i * LAUNCHES_PER_SET * 2 * 8);
    return encoder.finish();
  }

  dispose(): void {
    this.#gpu.destroyBuffer(this.#resolved);
    this.#readback.dispose();
    for (const set of this.#sets) set.destroy();
  }
}

/** Pairs of nanoseconds as milliseconds from the first on. */
function spansOf(ticks: BigUint64Array): Span[] {
  const ms = (i: number) => Number(ticks[i]! - ticks[0]!) / 1e6;
  return Array.from({ length: ticks.length / 2 }, (_, i) => ({
    begin: ms(2 * i),
    end: Math.max(ms(2 * i), ms(2 * i + 1)),
  }));
}

/**
 * Times every launch in a pass of its own, all of a run in one submit, `repeats` times. The passes keep launches apart
 * that a replay, with one pass for all, would start back to back; so gaps are an upper bound.
 * @param times - how often each launch runs, in a row, within its pass
 * @throws KernelError where the device has no timestamps; DeviceLostError
 */
export async function timeRuns(
  gpu: Gpu,
  steps: readonly Step[],
  repeats: number,
  times = 1,
): Promise<TimedRun[]> {
  if (!gpu.features.timestamps) throw new KernelError('profile: this device has no timestamp-query');
  if (steps.length === 0) return [{ spans: [], encoded: { begin: 0, end: 0 }, submitted: 0 }];
  const { result: stamps, fault } = gpu.faults.scoped(() => new Stamps(gpu, steps, times));
  try {
    const error = await fault;
    if (error) throw error.error('profile');
    const runs: TimedRun[] = [];
    while (runs.length < repeats) runs.push(await stamps.run());
    return runs;
  } finally {
    stamps.dispose();
  }
}
