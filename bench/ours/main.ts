import { Gpu } from '../../src/runtime/gpu.ts';
import { measurePeaks } from '../../src/runtime/peaks.ts';
import { everyOp } from '../cases/every_op.ts';
import { benchCases } from '../cases/index.ts';
import { serve } from '../child.ts';
import { climb } from '../ladder/climb.ts';
import { measureFrames } from './frames.ts';

// Ours as a child of the bench.

const edgesOf = (name: string): number[] => {
  const edge = /^generator \w+ (\d+)x/.exec(name)?.[1];
  return edge ? [Number(edge)] : [];
};

async function withGpu<T>(work: (gpu: Gpu) => Promise<T>): Promise<T> {
  const gpu = await Gpu.open();
  try {
    return await work(gpu);
  } finally {
    gpu.close();
  }
}

serve({
  open: () => withGpu(async ({ info }) => ({ device: info.description || info.device })),
  prepare: async ({ name }, values) => {
    const found = [...benchCases(edgesOf(name)), ...everyOp()].find((c) => c.name === name);
    if (!found) throw new Error(`no case ${name}`);
    return found.ours(await Gpu.open(), values);
  },
  more: {
    peaks: () => withGpu(measurePeaks),
    frames: ({ edge, seconds }) => withGpu((gpu) => measureFrames(gpu, edge, seconds)),
    ladder: ({ size, repeats }) => withGpu((gpu) => climb(gpu, size, repeats)),
  },
});
