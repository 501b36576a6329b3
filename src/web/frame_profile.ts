import { groupTimes, type TimedGroup } from '../runtime/kernel_times.ts';
import { measurePeaks, type Peaks } from '../runtime/peaks.ts';
import type { Program } from '../runtime/program.ts';

/** Kernels of a frame with their share, and what the device could do at most. */
export interface FrameProfile {
  readonly kernels: readonly TimedGroup[];
  readonly peaks: Peaks;
}

const REPEATS = 5;
const known = new WeakMap<GPUDevice, Promise<Peaks>>();

/** Times every kernel of a frame; null where the device has no timestamps. @throws KernelError, DeviceLostError */
export async function profileFrame(program: Program): Promise<FrameProfile | null> {
  const { gpu } = program;
  if (!gpu.features.timestamps) return null;
  const peaks = known.get(gpu.device) ?? measurePeaks(gpu);
  known.set(gpu.device, peaks);
  const times = await program.profile(REPEATS);
  const found = await peaks;
  return { kernels: groupTimes(times, 'kernel', found), peaks: found };
}
