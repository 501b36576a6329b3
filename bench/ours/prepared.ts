import { deviceWait } from '#navigator-gpu';
import type { Gpu } from '../../src/runtime/gpu.ts';
import type { Program } from '../../src/runtime/program.ts';
import type { KernelTime } from '../../src/runtime/timeline.ts';
import type { Prepared } from '../child.ts';
import type { FloatsByName } from '../graph/values.ts';
import type { GpuSample } from '../protocol.ts';

/** Values that a program's inputs take, by name. */
export type InputValues = Readonly<Record<string, Float32Array>>;

/** What a program is run with. */
export interface RunOptions {
  /** Written before the first run and kept. */
  readonly resident?: InputValues;
  /** Written before every run, and all outputs read back after it: what a frame needs. */
  readonly frame?: InputValues;
}

/** GPU time of a run: its launches, each in a pass of its own. */
export const gpuSample = (times: readonly KernelTime[]): GpuSample => ({
  ms: times.reduce((sum, { ms }) => sum + ms, 0),
  launches: times.length,
});

/** A compiled program as the bench runs it. */
export function preparedProgram(gpu: Gpu, program: Program, options: RunOptions): Prepared {
  const { frame } = options;
  let pending = options.resident ?? {};
  let compiled = false;
  return {
    ...(frame ? { note: 'upload of the picture and readback of the result included' } : {}),
    run: async () => {
      if (frame && compiled) await program.run(frame);
      else {
        // Drivers compile at the first run, on a busy machine for longer than a readback waits.
        program.submit(frame ?? pending);
        pending = {};
        compiled = true;
        await deviceWait(gpu.device.queue.onSubmittedWorkDone());
        await program.settle();
      }
    },
    outputs: async () => {
      const read: [string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }][] = [];
      for (const [name, { shape }] of Object.entries(program.outputs))
        read.push([name, { shape, data: await program.read(name) }]);
      return new Map(read) as FloatsByName;
    },
    gpu: async () => gpuSample(await program.profile(1)),
  };
}
