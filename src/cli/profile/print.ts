import { type Grouping, type TimedGroup, totalTimes } from '../../runtime/kernel_times.ts';
import { boundBy } from '../../runtime/peaks.ts';
import { formatBytes } from '../files.ts';
import { printTable } from '../table.ts';
import type { Measured } from './measure.ts';

/** Rows with less time than this say nothing about rates. */
const percent = (part: number, whole: number): string =>
  whole > 0 ? ((100 * part) / whole).toFixed(1) : '-';

/** Name, calls, ms, share of the total time, GFLOP/s, GB/s, share of the roof, and what the roof is made of. */
function row(group: TimedGroup, total: TimedGroup, { peaks }: Measured): (string | number)[] {
  const { name, calls, ms, flops, bytes, roofMs } = group;
  const rate = (work: number) => (ms > 0 ? (work / ms / 1e6).toFixed(2) : '-');
  const shares = [ms.toFixed(3), percent(ms, total.ms), rate(flops), rate(bytes), percent(roofMs, ms)];
  return [name, calls, ...shares, boundBy(group, peaks)];
}

/** What a profile says beside its table. */
export function summaryLines(measured: Measured): string[] {
  const { peaks, timeline, javascript, memory, phases } = measured;
  const ms = (name: string) => {
    const phase = phases.find((p) => p.name === name)!;
    return (phase.end - phase.begin).toFixed(0);
  };
  const { covered, length } = timeline;
  const gaps = (length - covered).toFixed(3);
  const { encode, submit, write } = javascript;
  const at = memory.peak ? `, peak ${formatBytes(memory.peak.bytes)} at ${memory.peak.label}` : '';
  return [
    `peaks     ${peaks.gflops.toFixed(1)} GFLOP/s multiply-add, ${peaks.gbytes.toFixed(1)} GB/s copy (measured, ${peaks.clock})`,
    `timeline  ${length.toFixed(3)} ms from first to last timestamp, kernels cover ${percent(covered, length)} %, gaps ${gaps} ms`,
    `js        encode ${encode.toFixed(3)} ms, driver's submit ${submit.toFixed(3)} ms, inputs ${write.toFixed(3)} ms a run (medians)`,
    `phases    compile ${ms('compile')} ms, first frame ${ms('first frame')} ms`,
    `memory    arena ${formatBytes(memory.arena)}, ${formatBytes(memory.unshared)} unshared${at}`,
  ];
}

/** Prints a profile as a table. */
export function printProfile(
  heading: readonly string[],
  groups: readonly TimedGroup[],
  by: Grouping,
  measured: Measured,
): void {
  for (const line of [...heading, ...summaryLines(measured)]) console.log(line);
  const total = totalTimes(groups);
  const rows = [...groups, total].map((group) => row(group, total, measured));
  printTable([by, 'calls', 'ms', '%', 'GFLOP/s', 'GB/s', '% of roof', 'bound'], rows);
}
