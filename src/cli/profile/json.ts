import type { Gpu } from '../../runtime/gpu.ts';
import { type Grouping, type TimedGroup, totalTimes } from '../../runtime/kernel_times.ts';
import type { Measured } from './measure.ts';

/** What identifies a device in a file. */
export function adapterOf({ info, features }: Gpu) {
  const { vendor, architecture, device, description } = info;
  return { vendor, architecture, device, description, software: features.software };
}

/** A whole profile for other programs; times in milliseconds, work in flops and bytes. */
export function profileJson(
  about: object,
  groups: readonly TimedGroup[],
  by: Grouping,
  measured: Measured,
): object {
  const { peaks, timeline, phases, compiled, javascript, memory, bytes } = measured;
  const { length, covered, kernels, run } = timeline;
  const withShare = (group: TimedGroup) => ({
    ...group,
    shareOfRoof: group.ms > 0 ? group.roofMs / group.ms : null,
  });
  return {
    ...about,
    by,
    peaks,
    groups: groups.map(withShare),
    total: withShare(totalTimes(groups)),
    timeline: {
      length,
      covered,
      gaps: length - covered,
      occupancy: length > 0 ? covered / length : null,
      launches: kernels.map((kernel, i) => ({ ...kernel, ...run.spans[i]! })),
    },
    javascript,
    phases: [...phases, ...compiled.map((p) => ({ ...p, name: `compile: ${p.name}` }))].map(
      ({ name, begin, end }) => ({ name, ms: end - begin }),
    ),
    memory: { ...memory, buffers: bytes },
  };
}
