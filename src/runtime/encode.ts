import type { Step } from './bind.ts';
import type { Gpu } from './gpu.ts';

/**
 * Work per submit, so that one takes about 100 ms: llvmpipe with subgroups of 8 or more does some 30 GFLOP/s, SwiftShader with 4
 * some 4, a GPU a thousand and more. Each submit costs some 10 microseconds of JavaScript, so it is not cut finer.
 */
function submitFlops({ software, subgroupSize }: Gpu['features']): number {
  if (!software) return 1e11;
  return subgroupSize >= 8 ? 3e9 : 4e8;
}

/** Cuts launches into submits of bounded work. */
export function cut({ features }: Gpu, steps: readonly Step[]): Step[][] {
  const budget = submitFlops(features);
  const chunks: Step[][] = [];
  let spent = Number.POSITIVE_INFINITY;
  for (const step of steps) {
    if (spent + step.launch.flops > budget) {
      chunks.push([]);
      spent = 0;
    }
    chunks.at(-1)!.push(step);
    spent += step.launch.flops;
  }
  return chunks;
}

/** Records one launch, `times` in a row, into a pass; `current` is the pass's pipeline so far. */
export function dispatch(
  pass: GPUComputePassEncoder,
  { launch, pipeline, bindings }: Step,
  times = 1,
  current: GPUComputePipeline | null = null,
): void {
  if (pipeline !== current) pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindings);
  const { groups } = launch;
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups[0], groups[1], groups[2]);
}

/**
 * Records launches into one pass, each `times` in a row. Each call into the GPU's API costs about a microsecond, so none
 * is repeated.
 */
export function encodeSteps(
  device: GPUDevice,
  label: string,
  steps: readonly Step[],
  times = 1,
): GPUCommandBuffer {
  const encoder = device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass();
  let current: GPUComputePipeline | null = null;
  for (const step of steps) {
    dispatch(pass, step, times, current);
    current = step.pipeline;
  }
  pass.end();
  return encoder.finish();
}

/** Enqueues launches as one submit. */
export function submitSteps({ device }: Gpu, label: string, steps: readonly Step[], times = 1): void {
  device.queue.submit([encodeSteps(device, label, steps, times)]);
}
