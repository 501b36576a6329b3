import { dispatch } from './encode.ts';
import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Step } from './program.ts';
import { Readback } from './readback.ts';

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

/** The upper one of the two in the middle where there are as many. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/**
 * Times each launch in a pass of its own, `repeats` runs over all of them.
 * @throws KernelError where the device has no timestamps.
 */
export async function timeLaunches(gpu: Gpu, steps: readonly Step[], repeats: number): Promise<KernelTime[]> {
  if (!gpu.features.timestamps) throw new KernelError('profile: this device has no timestamp-query');
  const samples: number[][] = steps.map(() => []);
  const batch = 1000;
  for (let r = 0; r < repeats; r++) {
    for (let at = 0; at < steps.length; at += batch) {
      const times = await timeSteps(gpu, steps.slice(at, at + batch));
      for (const [i, ns] of times.entries()) samples[at + i]!.push(ns / 1e6);
    }
  }
  return steps.map(({ launch }, i) => ({
    label: launch.label,
    kernel: launch.kernel.name,
    core: launch.core,
    ms: median(samples[i]!),
    flops: launch.flops,
    bytes: [...new Set(launch.tensors.map((t) => t.storage))].reduce((sum, s) => sum + s.bytes, 0),
  }));
}

/** Nanoseconds that each launch takes, `times` in a row, in a pass of its own. The device must have timestamps. */
export async function timeSteps(gpu: Gpu, steps: readonly Step[], times = 1): Promise<number[]> {
  const count = steps.length * 2;
  const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
  const resolved = gpu.createBuffer('timestamps', count * 8, usage);
  const readback = new Readback(gpu, 'timestamps', count * 8, 1);
  const querySet = gpu.device.createQuerySet({ type: 'timestamp', count });
  try {
    gpu.faults.guard('profile', () => encodeTimed(gpu, steps, times, querySet, resolved));
    const ticks = new BigUint64Array((await readback.read(resolved)).buffer);
    return steps.map((_, i) => Number(ticks[2 * i + 1]! - ticks[2 * i]!));
  } finally {
    gpu.destroyBuffer(resolved);
    readback.dispose();
    querySet.destroy();
  }
}

function encodeTimed(
  gpu: Gpu,
  steps: readonly Step[],
  times: number,
  querySet: GPUQuerySet,
  resolved: GPUBuffer,
): void {
  const encoder = gpu.device.createCommandEncoder({ label: 'profile' });
  for (const [i, step] of steps.entries()) {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    const pass = encoder.beginComputePass({ label: step.launch.label, timestampWrites });
    dispatch(pass, step, times);
    pass.end();
  }
  encoder.resolveQuerySet(querySet, 0, steps.length * 2, resolved, 0);
  gpu.device.queue.submit([encoder.finish()]);
}
