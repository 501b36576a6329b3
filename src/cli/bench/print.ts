import type { Peaks } from '../../runtime/peaks.ts';
import { printTable } from '../table.ts';
import type { PresetResult } from './measure.ts';
import { PAPER, PHONES } from './phones.ts';
import type { Comparison } from './result_file.ts';

const ms = (value: number | null): string => (value === null ? '-' : value.toFixed(value < 10 ? 3 : 1));

/** Frames per second; a slow software device takes minutes for one. */
export const showFps = (fps: number): string => (fps < 1 ? fps.toPrecision(2) : fps.toFixed(1));

/** What a table of results is printed with. */
export interface BenchText {
  readonly device: string;
  readonly size: string;
  readonly peaks: Peaks;
  readonly targetFps: number | undefined;
  readonly comparisons: readonly Comparison[] | null;
}

function resultRow(result: PresetResult, { targetFps, comparisons }: BenchText): string[] {
  const { preset, frame, fps, gpuMs, javascript, launches } = result;
  const cells = [
    preset,
    ms(frame.median),
    ms(frame.p95),
    showFps(fps),
    ms(gpuMs),
    ms(javascript.encode),
    String(launches),
    String(frame.count),
  ];
  if (targetFps !== undefined) cells.push(fps >= targetFps ? 'met' : 'missed');
  const compared = comparisons?.find((c) => c.preset === preset);
  if (compared)
    cells.push(`${compared.verdict} (${ms(compared.before)} ms before, x${compared.ratio.toFixed(2)})`);
  return cells;
}

function printProjections(results: readonly PresetResult[]): void {
  const projected = results.filter((r) => r.projections.length > 0);
  if (projected.length === 0) return;
  console.log(
    `\nprojected, not measured: each kernel at its share of the roof here, under a phone's roof; other work on this device makes it worse (the paper reports ${PAPER.ms} ms at 256x256 on an iPhone 14 for its own engine, and calls ${PAPER.fps} FPS real time)`,
  );
  const rows = PHONES.map(({ name }, i) => [
    name,
    ...projected.map(({ projections }) => {
      const guess = projections[i]!.projected;
      return `${ms(guess.ms)} ms, ${showFps(guess.fps)} FPS`;
    }),
  ]);
  printTable(['phone class (projected)', ...projected.map((r) => r.preset)], rows);
}

/** Prints what a bench found. */
export function printBench(results: readonly PresetResult[], text: BenchText): void {
  const { device, size, peaks, targetFps, comparisons } = text;
  console.log(`device    ${device}`);
  console.log(
    `peaks     ${peaks.gflops.toFixed(1)} GFLOP/s multiply-add, ${peaks.gbytes.toFixed(1)} GB/s copy (measured, ${peaks.clock})`,
  );
  console.log(`frames    ${size}, picture in and picture out, one at a time; times in ms`);
  const columns = ['preset', 'median', 'p95', 'FPS', 'GPU', 'JS encode', 'launches', 'frames'];
  if (targetFps !== undefined) columns.push(`${targetFps} FPS`);
  if (comparisons) columns.push('against the baseline');
  printTable(
    columns,
    results.map((result) => resultRow(result, text)),
  );
  printProjections(results);
}
