import { leastMs, type Peaks } from './peaks.ts';
import type { KernelTime } from './timeline.ts';

/** How the launches of a profile are put together: those of one label, of one kernel, or of one layer. */
export type Grouping = 'label' | 'kernel' | 'layer';

/** Launches of one name together. */
export interface TimedGroup {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
  readonly flops: number;
  readonly bytes: number;
  /** What the launches would take at the device's peaks, each by itself, in milliseconds. */
  readonly roofMs: number;
}

/** A training step's labels begin with the network whose turn it is. */
const NETWORKS: ReadonlySet<string> = new Set(['generator', 'discriminator']);

const nameOf: Readonly<Record<Grouping, (time: KernelTime) => string>> = {
  label: ({ label }) => label,
  kernel: ({ kernel, core }) => (core ? `${kernel} (${core})` : kernel),
  layer: ({ label }) => {
    const parts = label.split('/');
    return parts.slice(0, NETWORKS.has(parts[0]!) ? 2 : 1).join('/');
  },
};

/** Sums the launches of a profile by name, the slowest group first. */
export function groupTimes(times: readonly KernelTime[], by: Grouping, peaks: Peaks): TimedGroup[] {
  const groups = new Map<string, TimedGroup>();
  for (const time of times) {
    const name = nameOf[by](time);
    const known = groups.get(name) ?? { name, calls: 0, ms: 0, flops: 0, bytes: 0, roofMs: 0 };
    groups.set(name, addTimes(name, known, { ...time, name, calls: 1, roofMs: leastMs(time, peaks) }));
  }
  return [...groups.values()].sort((a, b) => b.ms - a.ms);
}

/** All groups as one. */
export function totalTimes(groups: readonly TimedGroup[]): TimedGroup {
  const nothing = { name: 'total', calls: 0, ms: 0, flops: 0, bytes: 0, roofMs: 0 };
  return groups.reduce((sum, group) => addTimes('total', sum, group), nothing);
}

function addTimes(name: string, a: TimedGroup, b: TimedGroup): TimedGroup {
  return {
    name,
    calls: a.calls + b.calls,
    ms: a.ms + b.ms,
    flops: a.flops + b.flops,
    bytes: a.bytes + b.bytes,
    roofMs: a.roofMs + b.roofMs,
  };
}
