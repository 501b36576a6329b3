import { KernelError } from './errors.ts';
import type { Gpu } from './gpu.ts';
import type { Step } from './program.ts';

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

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

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
      const times = await timeBatch(gpu, steps.slice(at, at + batch));
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

async function timeBatch(gpu: Gpu, steps: readonly Step[]): Promise<number[]> {
  const { device } = gpu;
  const count = steps.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const resolved = gpu.createBuffer(
    'timestamps',
    count * 8,
    GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  );
  const staging = gpu.createBuffer(
    'timestamps',
    count * 8,
    GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  );
  const encoder = device.createCommandEncoder();
  steps.forEach(({ launch, pipeline, tensors, params }, i) => {
    const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    const pass = encoder.beginComputePass({ label: launch.label, timestampWrites });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, tensors);
    if (params) pass.setBindGroup(1, params);
    pass.dispatchWorkgroups(...launch.groups);
    pass.end();
  });
  encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
  encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const ticks = new BigUint64Array(staging.getMappedRange().slice(0));
  for (const buffer of [resolved, staging]) gpu.destroyBuffer(buffer);
  querySet.destroy();
  return steps.map((_, i) => Number(ticks[2 * i + 1]! - ticks[2 * i]!));
}
