import type { MemoryBar, MemoryPlan } from '../../runtime/memory.ts';
import { formatBytes } from '../files.ts';
import { escapeHtml } from '../run/report_page.ts';

const WIDTH = 1200;
const HEIGHT = 640;
const LEFT = 90;
const TOP = 60;
const BOTTOM = 40;
const RIGHT = 20;
const COLOURS = ['#4c78a8', '#f58518', '#54a24b', '#b279a2', '#e45756', '#72b7b2', '#9d755d', '#bab0ac'];
const TICKS = 4;
/** Labels narrower or lower than this would lie over each other. */
const MIN_LABEL = { width: 60, height: 11 };

/** Launches to pixels across, bytes to pixels up. */
interface Scale {
  readonly x: (launch: number) => number;
  readonly y: (bytes: number) => number;
}

function scaleOf({ launches, arena }: MemoryPlan): Scale {
  const [across, up] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  return {
    x: (launch) => LEFT + (across * launch) / Math.max(1, launches.length),
    y: (bytes) => HEIGHT - BOTTOM - (up * bytes) / Math.max(1, arena),
  };
}

const px = (value: number): string => value.toFixed(1);

function drawBar(bar: MemoryBar, i: number, { x, y }: Scale): string {
  const [left, right] = [x(bar.from), x(bar.to + 1)];
  const [top, bottom] = [y(bar.offset + bar.bytes), y(bar.offset)];
  const about = `${bar.name}: ${formatBytes(bar.bytes)}, launches ${bar.from} to ${bar.to}${bar.kept ? ', kept between runs' : ''}`;
  const fits = right - left >= MIN_LABEL.width && bottom - top >= MIN_LABEL.height;
  const label = fits
    ? `<text x="${px(left + 3)}" y="${px((top + bottom) / 2 + 3)}" font-size="9" fill="#fff">${escapeHtml(bar.name.slice(0, Math.floor((right - left) / 5.5)))}</text>`
    : '';
  const fill = COLOURS[i % COLOURS.length];
  const box = `x="${px(left)}" y="${px(top)}" width="${px(right - left)}" height="${px(bottom - top)}"`;
  return `<g><title>${escapeHtml(about)}</title><rect ${box} fill="${fill}" stroke="#fff" stroke-width="0.5"/>${label}</g>`;
}

function drawAxes({ launches, arena, once }: MemoryPlan, { x, y }: Scale): string[] {
  const levels = Array.from({ length: TICKS + 1 }, (_, i) => (arena * i) / TICKS);
  const base = HEIGHT - BOTTOM;
  const bytes = levels.map(
    (level) =>
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(level))}" y2="${px(y(level))}" stroke="#ddd"/><text x="${LEFT - 6}" y="${px(y(level) + 4)}" text-anchor="end">${formatBytes(Math.round(level))}</text>`,
  );
  const step = Math.max(1, Math.ceil(launches.length / 16));
  const numbers = launches.flatMap((_, i) =>
    i % step === 0 ? [`<text x="${px(x(i))}" y="${base + 16}">${i}</text>`] : [],
  );
  const title = `<text x="${WIDTH - RIGHT}" y="${base + 32}" text-anchor="end">launches${once > 0 ? `, the first ${once} only after parameters changed` : ''}</text>`;
  return [...bytes, ...numbers, title];
}

function drawPeak({ peak }: MemoryPlan, { x }: Scale): string {
  if (!peak) return '';
  const middle = x(peak.launch + 0.5);
  const anchor = middle > WIDTH / 2 ? 'end' : 'start';
  const text = `peak: ${formatBytes(peak.bytes)} at launch ${peak.launch}, ${peak.label}`;
  return `<line x1="${px(middle)}" x2="${px(middle)}" y1="${TOP - 6}" y2="${HEIGHT - BOTTOM}" stroke="#c00" stroke-dasharray="4 3"/><text x="${px(middle)}" y="${TOP - 12}" text-anchor="${anchor}" fill="#c00">${escapeHtml(text)}</text>`;
}

/** The memory plan as a picture: a bar for each temporary, its lifetime across, its place in the arena upwards. */
export function memorySvg(plan: MemoryPlan, title: string): string {
  const scale = scaleOf(plan);
  const { arena, unshared } = plan;
  const heading = `${title}: ${formatBytes(arena)} of temporaries, ${formatBytes(unshared)} if none shared a place`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="22" font-size="15">${escapeHtml(heading)}</text>
${drawAxes(plan, scale).join('\n')}
${plan.bars.map((bar, i) => drawBar(bar, i, scale)).join('\n')}
${drawPeak(plan, scale)}
</svg>
`;
}
