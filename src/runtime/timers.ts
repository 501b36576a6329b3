import { deviceWait } from '#navigator-gpu';
import type { Step } from './bind.ts';
import { submitSteps } from './encode.ts';
import type { Gpu } from './gpu.ts';
import { timeRuns } from './profile.ts';

/** Milliseconds that one run of a launch takes, as the mean of `times` in a row. */
export type Timer = (gpu: Gpu, step: Step, times: number) => Promise<number>;

/** The device's own timestamps. */
export const gpuTimer: Timer = async (gpu, step, times) => {
  const [run] = await timeRuns(gpu, [step], 1, times);
  const { begin, end } = run!.spans[0]!;
  return (end - begin) / times;
};

/** What a clock says from submit to end, on a queue that was empty: in any unit that grows with time. */
export async function clocked(gpu: Gpu, step: Step, times: number, clock: () => number): Promise<number> {
  const { queue } = gpu.device;
  await deviceWait(queue.onSubmittedWorkDone());
  const begin = clock();
  gpu.faults.guard(step.launch.label, () => submitSteps(gpu, step.launch.label, [step], times));
  await deviceWait(queue.onSubmittedWorkDone());
  return (clock() - begin) / times;
}

/** Wall time, the submit included: for devices without timestamps. */
export const wallTimer: Timer = (gpu, step, times) => clocked(gpu, step, times, () => performance.now());

/** The best timer that a device has. */
export const timerOf = ({ features }: Gpu): Timer => (features.timestamps ? gpuTimer : wallTimer);
