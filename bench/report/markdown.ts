import { type Clock, medianOf, meets, standing } from '../ratios.ts';
import type { BenchResult, CaseResult, Entry } from '../results.ts';
import { median, summary } from '../statistics.ts';
import { markdownTable, percent, short } from './numbers.ts';

// A bench's result as a page. Software devices share their processors with everything else on the machine, so there
// processor time is the fairer figure; on a GPU it says little, and wall time counts.

const CLOCKS: readonly Clock[] = ['wall', 'cpu'];

/** The clock by which goals are judged on this device. */
export const fairClock = ({ software }: BenchResult): Clock => (software ? 'cpu' : 'wall');

const rate = (work: number, ms: number | null): number | null => (ms ? work / ms / 1e6 : null);

function ownRow(
  { name, flops, bytes, gpu, launches, entries }: CaseResult,
  { peaks }: BenchResult,
): string[] {
  const own = entries.find(({ who }) => who === 'ours');
  const times = summary(gpu);
  const ms = times?.median ?? null;
  const [gflops, gbytes] = [rate(flops, ms), rate(bytes, ms)];
  const warm = own ? medianOf(own, 'wall') : null;
  return [
    name,
    short(times?.min),
    short(ms),
    short(times?.iqr),
    flops ? short(gflops) : '-',
    flops ? percent(gflops, peaks?.gflops) : '-',
    short(gbytes),
    percent(gbytes, peaks?.gbytes),
    String(launches),
    short(own?.cold?.wall),
    short(warm),
    short(own ? medianOf(own, 'cpu') : null),
    own?.verdict ? `${own.verdict.status} (${own.verdict.error.toExponential(0)})` : '-',
  ];
}

const OWN_HEAD = [
  'case',
  'GPU min ms',
  'median',
  'IQR',
  'GFLOP/s',
  'of peak',
  'GB/s',
  'of peak',
  'launches',
  'cold ms',
  'warm ms',
  'processor ms',
  'numbers',
];

function cell({ unable, verdict, samples }: Entry, clock: Clock): string {
  if (samples.length === 0) return verdict?.status === 'wrong' ? 'wrong' : unable ? 'unable' : '-';
  const ms = short(median(samples.map((sample) => sample[clock])));
  return verdict?.status === 'doubtful' ? `${ms} ?` : ms;
}

function ratioCell(result: CaseResult, clock: Clock): string {
  const found = standing(result, clock);
  return found ? `${found.ratio.toFixed(2)} x ${found.peer}` : '-';
}

function peerTable(result: BenchResult, clock: Clock): string {
  const names = result.cases.flatMap(({ entries }) => entries.map(({ who }) => who));
  const everybody = [...new Set(names)];
  const rows = result.cases.map((c) => [
    c.name,
    ...everybody.map((who) => {
      const entry = c.entries.find((e) => e.who === who);
      return entry ? cell(entry, clock) : '-';
    }),
    ratioCell(c, clock),
  ]);
  return markdownTable(['case', ...everybody, 'best right peer over ours'], rows);
}

function goalTable(result: BenchResult): string {
  const rows = result.cases
    .filter(({ target }) => target !== null)
    .map((c) => {
      const met = meets(c, fairClock(result));
      const verdict = met === null ? 'no peer' : met ? 'met' : 'missed';
      return [c.name, `${c.target} x`, ...CLOCKS.map((clock) => ratioCell(c, clock)), verdict];
    });
  return markdownTable(['goal', 'wanted', 'by wall', 'by processor', 'so'], rows);
}

/** Why there are no times, and what is odd about those that are there. */
function remarks({ cases }: BenchResult): string[] {
  return cases.flatMap(({ name, entries }) =>
    entries.flatMap(({ who, unable, notes, verdict }) => {
      const error =
        verdict?.status === 'wrong' ? ` (${verdict.output}: ${verdict.error.toExponential(1)})` : '';
      const said = [...(unable ? [`${unable}${error}`] : []), ...notes];
      return said.length ? [`- ${name}, ${who}: ${said.join('; ')}`] : [];
    }),
  );
}

/** Share of what PyTorch reaches on the processors, per case that both did: the floor for software devices. */
function floor({ cases, software }: BenchResult): string[] {
  if (!software) return [];
  return cases.flatMap((c) => {
    const [own, cpu] = ['ours', 'torch cpu'].map((who) => c.entries.find((e) => e.who === who));
    const [ours, torch] = [own && medianOf(own, 'cpu'), cpu && medianOf(cpu, 'cpu')];
    if (!ours || !torch || !/^(matmul|conv)/.test(c.name)) return [];
    const peak = short(c.flops / torch / 1e6);
    return [`- ${c.name}: ${percent(torch, ours)} of PyTorch's ${peak} GFLOP/s on the same processors`];
  });
}

function about(result: BenchResult): string[] {
  const { date, adapter, software, machine, load, versions, peaks, repeats } = result;
  return [
    `# Bench: ${adapter}`,
    '',
    `${date}; ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; load average ${load.map(short).join(' to ')};`,
    `medians of ${repeats} runs after the first. ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    ...(peaks
      ? [`Measured peak: ${short(peaks.gflops)} GFLOP/s f32, copy ${short(peaks.gbytes)} GB/s.`]
      : []),
    ...(software
      ? ['A software device: numbers are right, speed is not a GPU’s; processor time is the fairer figure.']
      : []),
  ];
}

function ladder({ ladder: found }: BenchResult): string[] {
  if (!found) return [];
  const { size, rungs } = found;
  const rows = rungs.map(({ name, ms, error, reason }) => {
    const times = summary(ms);
    const gflops = short(rate(2 * size ** 3, times?.median ?? null));
    return [
      name,
      short(times?.min),
      short(times?.median),
      short(times?.iqr),
      gflops,
      reason || error.toExponential(0),
    ];
  });
  const head = ['kernel', 'GPU min ms', 'median', 'IQR', 'GFLOP/s', 'error'];
  return ['', `## Matrix products, ${size}`, '', markdownTable(head, rows)];
}

function frames(result: BenchResult): string[] {
  if (!result.frames.length) return [];
  const rows = result.frames.map(({ name, fps, margin, samples }) => [
    name,
    short(fps),
    `±${short(margin)} %`,
    String(samples),
  ]);
  const table = markdownTable(['picture in, picture out', 'frames/s', 'margin', 'samples'], rows);
  return ['', '## Frames', '', table];
}

/** The whole page. */
export function markdown(result: BenchResult): string {
  const { cases, left } = result;
  const peers = cases.some(({ entries }) => entries.length > 1);
  const own = markdownTable(
    OWN_HEAD,
    cases.map((c) => ownRow(c, result)),
  );
  const floors = floor(result);
  return [
    ...about(result),
    ...(cases.length ? ['', '## Ours', '', own] : []),
    ...frames(result),
    ...(peers ? ['', '## Goals', '', goalTable(result)] : []),
    ...(peers ? ['', '## Wall time, ms', '', peerTable(result, 'wall')] : []),
    ...(peers ? ['', '## Processor time over cores, ms', '', peerTable(result, 'cpu')] : []),
    ...(floors.length ? ['', '## Share of the processors', '', ...floors] : []),
    ...ladder(result),
    ...(remarks(result).length ? ['', '## Remarks', '', ...remarks(result)] : []),
    ...(left.length ? ['', `Not run, for the time was up: ${left.join(', ')}.`] : []),
    '',
  ].join('\n');
}
