import copy from '#kernels/peak/copy.wgsl';
import fma from '#kernels/peak/fma.wgsl';
import { deviceWait } from '#navigator-gpu';
import type { Gpu } from './gpu.ts';
import type { Program } from './program.ts';
import { grid1d } from './shape.ts';

/** What the device reaches with the plainest kernels: the roof over all others. */
export interface Peaks {
  /** Multiply-adds in f32, each counted as two, in GFLOP/s. */
  readonly gflops: number;
  /** Bytes read and written by a copy, in GB/s. */
  readonly gbytes: number;
  readonly clock: 'timestamps' | 'wall clock';
}

/** Work that a roof is computed for. */
export interface Work {
  readonly flops: number;
  readonly bytes: number;
}

const WG = 64;
const CHAINS = 2;
const STEPS = 16;
const FLOPS_PER_ROUND = CHAINS * 4 * STEPS * 2;
/** Invocations that fill the device, bytes beyond its caches, vec4 copied at a time, and how long a run may take. */
const SCALE = {
  software: { invocations: 2 ** 14, bytes: 2 ** 25, run: 8, ms: 40 },
  gpu: { invocations: 2 ** 20, bytes: 2 ** 27, run: 1, ms: 10 },
} as const;
const REPEATS = 5;
const MAX_ROUNDS = 2 ** 20;

/** Shortest time in milliseconds that `work` could take under a roof: the longer of computing and moving. */
export const leastMs = ({ flops, bytes }: Work, peaks: Pick<Peaks, 'gflops' | 'gbytes'>): number =>
  Math.max(flops / peaks.gflops, bytes / peaks.gbytes) / 1e6;

/** Which of the two the roof is made of. */
export const boundBy = ({ flops, bytes }: Work, peaks: Peaks): 'compute' | 'memory' =>
  flops / peaks.gflops > bytes / peaks.gbytes ? 'compute' : 'memory';

/** Milliseconds of one run on the device, by its own clock where it has one. */
async function timeOnce(program: Program): Promise<number> {
  if (program.gpu.features.timestamps) return (await program.timeline(1)).length;
  await deviceWait(program.gpu.device.queue.onSubmittedWorkDone());
  const begin = performance.now();
  program.submit();
  await deviceWait(program.gpu.device.queue.onSubmittedWorkDone());
  await program.settle();
  return performance.now() - begin;
}

/** The best of a few runs: other work on the device can only slow one down. */
async function best(program: Program): Promise<number> {
  let ms = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPEATS; i++) ms = Math.min(ms, await timeOnce(program));
  return ms;
}

async function measureFma(gpu: Gpu, invocations: number, target: number): Promise<number> {
  const y = gpu.parameter('peak', [invocations, 4]);
  const program = await gpu.compile(() => {
    gpu.run(fma, { x: gpu.input('x', [4]), y }, {}, { groups: [invocations / WG], overrides: { WG } });
    return {};
  });
  let rounds = 4;
  const write = () => program.write({ x: [0.5, 1, rounds, 0] });
  write();
  await timeOnce(program);
  while ((await timeOnce(program)) < target / 2 && rounds < MAX_ROUNDS) {
    rounds *= 2;
    write();
  }
  const ms = await best(program);
  program.dispose();
  gpu.dispose(y);
  return (invocations * rounds * FLOPS_PER_ROUND) / ms / 1e6;
}

async function measureCopy(gpu: Gpu, bytes: number, run: number): Promise<number> {
  const length = Math.min(bytes, gpu.device.limits.maxStorageBufferBindingSize) / 4;
  const count = length / 4;
  const y = gpu.parameter('peak', [length]);
  const program = await gpu.compile(() => {
    const options = { groups: grid1d(Math.ceil(count / run), WG), overrides: { WG, RUN: run } };
    gpu.run(copy, { x: gpu.input('x', [length]), y }, { count }, options);
    return {};
  });
  await timeOnce(program);
  const ms = await best(program);
  program.dispose();
  gpu.dispose(y);
  return (2 * 4 * length) / ms / 1e6;
}

/** Measures the device, in about a second. @throws KernelError, DeviceLostError */
export async function measurePeaks(gpu: Gpu): Promise<Peaks> {
  const { invocations, bytes, run, ms } = gpu.features.software ? SCALE.software : SCALE.gpu;
  const gflops = await measureFma(gpu, invocations, ms);
  const gbytes = await measureCopy(gpu, bytes, run);
  return { gflops, gbytes, clock: gpu.features.timestamps ? 'timestamps' : 'wall clock' };
}
