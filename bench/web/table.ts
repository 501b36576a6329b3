import { markdownTable, short } from '../report/numbers.ts';
import { median } from '../statistics.ts';
import { EVERYBODY, type PageCase, type PageEntry, type PageWho, type WebResult } from './page_result.ts';

// The result of `npm run bench -- --web` as Markdown. SwiftShader shares the processors with all else on the machine, so
// processor time is the fairer figure there.

type Clock = 'wall' | 'cpu';

/** Median of the runs that count; null where there is none, or the clock did not run. */
export function medianOf(entry: PageEntry | undefined, clock: Clock): number | null {
  if (!entry || entry.unable || !entry.samples.length) return null;
  const ms = median(entry.samples.map((sample) => sample[clock]));
  return ms > 0 ? ms : null;
}

const entryOf = ({ entries }: PageCase, who: PageWho) => entries.find((e) => e.who === who);

/** How many times ours is as fast as another; null where one of them has no times. */
export function ratio(pageCase: PageCase, who: PageWho, clock: Clock): number | null {
  const own = medianOf(entryOf(pageCase, 'ours'), clock);
  const other = medianOf(entryOf(pageCase, who), clock);
  return own !== null && other !== null ? other / own : null;
}

function table({ cases }: WebResult, clock: Clock): string {
  const others = EVERYBODY.filter((who) => who !== 'ours');
  const rows = cases.map((c) => [
    c.name,
    ...EVERYBODY.map((who) => short(medianOf(entryOf(c, who), clock))),
    ...others.map((who) => {
      const times = ratio(c, who, clock);
      return times === null ? '-' : `${times.toFixed(2)} x`;
    }),
  ]);
  return markdownTable(['case', ...EVERYBODY, ...others.map((who) => `${who} / ours`)], rows);
}

const errorOf = ({ error }: PageEntry): string => (error === null ? '' : `error ${error.toExponential(1)}`);

function remarks({ cases }: WebResult): string[] {
  return cases.flatMap(({ name, entries }) =>
    entries.map((entry) => {
      const { who, unable, notes, cold } = entry;
      const first = cold ? `first run ${short(cold.wall)} ms` : '';
      const said = [unable && `does not count: ${unable}`, errorOf(entry), first, ...notes].filter(Boolean);
      return `- ${name}, ${who}: ${said.join('; ')}`;
    }),
  );
}

/** The whole page. */
export function webMarkdown(result: WebResult): string {
  const { adapter, browser, date, machine, load, repeats, versions, cases } = result;
  const shown = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const hasCpu = cases.some((c) => c.entries.some((e) => medianOf(e, 'cpu') !== null));
  return [
    `# In a browser: ${adapter}`,
    '',
    `${date}; ${browser}; ${machine.cpu}, ${machine.cores} cores; load average ${load.map(short).join(' to ')};`,
    `medians of ${repeats} runs in turns after two of each. ${shown.join(', ')}.`,
    ...(hasCpu
      ? ['', '## Processor time of the whole browser over cores, ms', '', table(result, 'cpu')]
      : []),
    '',
    '## Wall time, ms',
    '',
    table(result, 'wall'),
    '',
    '## Remarks',
    '',
    'Errors are the largest differences from float64, where there is a reference, and from ours, as shares of the root mean square.',
    '',
    ...remarks(result),
    '',
  ].join('\n');
}
