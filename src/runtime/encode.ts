import type { Gpu } from './gpu.ts';
import type { Step } from './program.ts';

// Work per submit, so that one takes about 100 ms: software devices reach some 10 GFLOP/s, GPUs a thousand times more.
const SUBMIT_FLOPS = { software: 1e9, gpu: 1e11 };

/** Cuts launches into submits of bounded work. */
export function cut(gpu: Gpu, steps: readonly Step[]): Step[][] {
  const budget = gpu.features.software ? SUBMIT_FLOPS.software : SUBMIT_FLOPS.gpu;
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

/** Records one launch, `times` in a row, into a pass. */
export function dispatch(pass: GPUComputePassEncoder, step: Step, times = 1): void {
  const { launch, pipeline, tensors, params } = step;
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, tensors);
  if (params) pass.setBindGroup(1, params);
  for (let i = 0; i < times; i++) pass.dispatchWorkgroups(...launch.groups);
}

/** Enqueues launches as one submit. */
export function submitSteps(gpu: Gpu, label: string, steps: readonly Step[], times = 1): void {
  const encoder = gpu.device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass({ label });
  for (const step of steps) dispatch(pass, step, times);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}
