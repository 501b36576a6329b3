import copy from '#kernels/peak/copy.wgsl';
import fma from '#kernels/peak/fma.wgsl';
import type { Gpu } from '../src/runtime/gpu.ts';
import type { Program } from '../src/runtime/program.ts';
import { grid1d } from '../src/runtime/shape.ts';

/** What the device reaches with the plainest kernels: the roof over all others. */
export interface Peaks {
  /** Multiply-adds in f32, each counted as two, in GFLOP/s. */
  readonly gflops: number;
  /** Bytes read and written by a copy, in GB/s. */
  readonly gbytes: number;
}

const WG = 64;
const FLOPS_PER_ROUND = 2 * 4 * 16 * 2;
const SCALE = {
  software: { invocations: 2 ** 14, rounds: 256, bytes: 2 ** 25, run: 8 },
  gpu: { invocations: 2 ** 20, rounds: 2048, bytes: 2 ** 27, run: 1 },
} as const;
const REPEATS = 5;

/** The best of a few runs in milliseconds: other work on the device can only slow one down. */
async function best(program: Program): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= REPEATS; i++) times.push((await program.profile(1))[0]!.ms);
  return Math.min(...times.slice(1));
}

async function measureFma(gpu: Gpu, invocations: number, rounds: number): Promise<number> {
  const y = gpu.parameter('peak', [invocations, 4]);
  const program = await gpu.compile(() => {
    gpu.run(fma, { x: gpu.input('x', [4]), y }, {}, { groups: [invocations / WG], overrides: { WG } });
    return {};
  });
  program.write({ x: [0.5, 1, rounds, 0] });
  const ms = await best(program);
  program.dispose();
  gpu.dispose(y);
  return (invocations * rounds * FLOPS_PER_ROUND) / ms / 1e6;
}

async function measureCopy(gpu: Gpu, bytes: number, run: number): Promise<number> {
  const length = bytes / 4;
  const count = length / 4;
  const y = gpu.parameter('peak', [length]);
  const program = await gpu.compile(() => {
    const options = { groups: grid1d(Math.ceil(count / run), WG), overrides: { WG, RUN: run } };
    gpu.run(copy, { x: gpu.input('x', [length]), y }, { count }, options);
    return {};
  });
  const ms = await best(program);
  program.dispose();
  gpu.dispose(y);
  return (2 * bytes) / ms / 1e6;
}

/** Measures the device, in about a second. @throws KernelError where it has no timestamps */
export async function measurePeaks(gpu: Gpu): Promise<Peaks> {
  const { invocations, rounds, bytes, run } = gpu.features.software ? SCALE.software : SCALE.gpu;
  return {
    gflops: await measureFma(gpu, invocations, rounds),
    gbytes: await measureCopy(gpu, bytes, run),
  };
}
