import type { Slowness } from '../fallback.ts';
import type { Timeline } from '../filter_options.ts';
import type { FrameProfile } from '../frame_profile.ts';
import type { Support } from '../support.ts';
import type { WorkerBase } from '../worker/worker_filter.ts';
import { bytesText, element } from './dom.ts';
import { attempt } from './notes.ts';

/** Names the device beside the page's title. */
export function showDevice(chip: HTMLElement, { software, vendor, architecture }: Support): void {
  chip.textContent = software ? 'software device' : [vendor, architecture].filter(Boolean).join(' ');
  chip.hidden = false;
}

export function showFacts(list: HTMLElement, support: Support, base: WorkerBase): void {
  const { vendor, architecture, description, software, f16, timestamps, subgroups } = support;
  const device = [vendor, architecture, description].filter(Boolean).join(' ') || 'unknown';
  const rows = {
    Device: device + (software ? ' (software: right, but slow)' : ''),
    Features: [
      f16 ? 'f16' : 'no f16',
      subgroups ? `subgroups of ${subgroups}` : 'no subgroups',
      timestamps ? 'timestamps' : 'no timestamps',
    ].join(', '),
    Base: `${base.name}, width ${base.config.width}, ${bytesText(base.bytes)}`,
  };
  list.replaceChildren(
    ...Object.entries(rows).flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]),
  );
}

const STAGES: readonly (readonly [keyof Timeline, string])[] = [
  ['downloaded', 'downloaded'],
  ['compiled', 'compiled'],
  ['ready', 'ready'],
  ['firstFrame', 'first frame'],
];

/** Milliseconds from opening to each stage, as bars. */
export function showTimeline(list: HTMLElement, timeline: Timeline): void {
  const whole = Math.max(...STAGES.map(([stage]) => timeline[stage] || 0), 1);
  list.replaceChildren(
    ...STAGES.map(([stage, label]) => {
      const ms = timeline[stage];
      const text = Number.isNaN(ms) ? '–' : `${(ms / 1000).toFixed(2)} s`;
      const bar = element('meter', { min: 0, max: whole, value: ms || 0, 'aria-label': label });
      return element('li', {}, element('span', {}, label), bar, element('span', {}, text));
    }),
  );
}

const MOST_ROWS = 14;

/** Kernels by GPU time, each with its rate and its share of the device's roof. */
function showKernels(table: HTMLElement, profile: FrameProfile | null): void {
  if (!profile) {
    const said = 'This browser gives no timestamps; the kernels cannot be told apart.';
    table.replaceChildren(element('tbody', {}, element('tr', {}, element('td', {}, said))));
    return;
  }
  const { kernels, peaks } = profile;
  const total = kernels.reduce((sum, { ms }) => sum + ms, 0);
  const head = ['kernel', 'calls', 'ms', '%', 'GFLOP/s', 'GB/s', '% of roof'];
  const rows = kernels
    .slice(0, MOST_ROWS)
    .map(({ name, calls, ms, flops, bytes, roofMs }) => [
      name,
      String(calls),
      ms.toFixed(3),
      ((100 * ms) / total).toFixed(1),
      (flops / ms / 1e6).toFixed(1),
      (bytes / ms / 1e6).toFixed(1),
      ((100 * roofMs) / ms).toFixed(0),
    ]);
  const cells = (tag: 'th' | 'td', texts: readonly string[]) =>
    element('tr', {}, ...texts.map((text) => element(tag, {}, text)));
  const caption = `${total.toFixed(2)} ms; roof ${peaks.gflops.toFixed(0)} GFLOP/s, ${peaks.gbytes.toFixed(0)} GB/s`;
  table.replaceChildren(
    element('caption', {}, caption),
    element('thead', {}, cells('th', head)),
    element('tbody', {}, ...rows.map((row) => cells('td', row))),
  );
}

/** Measures when the button is pressed. */
export function startProfile(
  button: HTMLElement,
  table: HTMLElement,
  profile: () => Promise<FrameProfile | null>,
): void {
  button.addEventListener('click', async () => {
    (button as HTMLButtonElement).disabled = true;
    await attempt(async () => showKernels(table, await profile()));
    (button as HTMLButtonElement).disabled = false;
  });
}

/** What a device that is too slow for what was asked for is told as. */
export const slownessOf = (slowness: Slowness): string =>
  slowness === 'too slow'
    ? 'This device is too slow for smooth video; pictures work.'
    : `The device is slow: the picture has ${slowness.edge} × ${slowness.edge} points now, the base is ${slowness.base}. “Detail” sets the points.`;
