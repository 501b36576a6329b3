import { availableParallelism } from 'node:os';
import { clocked, type Timer } from '../runtime/timers.ts';

// Other work's shadow falls on short samples: they are made longer.
const LONGER = 4;

/** Milliseconds of processor time that this process has had, all threads together. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * For software devices on a machine that does other work too: the processor time of a launch, as far as the busiest of
 * the cores has to do it. Workgroups go to cores whole, so a launch of one workgroup keeps one core busy, not all.
 */
export const processorTimer: Timer = async (gpu, step, times) => {
  const groups = step.launch.groups.reduce((product, n) => product * n, 1);
  const share = Math.ceil(groups / availableParallelism()) / groups;
  return share * (await clocked(gpu, step, times > 1 ? LONGER * times : 1, processorMs));
};
