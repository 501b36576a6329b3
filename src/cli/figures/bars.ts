import { escapeXml, figure, PALETTE, short, ticks } from './svg.ts';

/** Bars in groups: one colour a series, one group a label. */
export interface BarChart {
  readonly title: string;
  /** What the height of a bar is. */
  readonly axis: string;
  readonly labels: readonly string[];
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
  /** Horizontal lines to hold the bars against. */
  readonly lines?: readonly { readonly name: string; readonly value: number }[];
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = 100;
const TOP = 70;
const BOTTOM = 50;

/** Heights from values: the axis begins at zero, for a bar's length is what is read. */
function scale({ series, lines = [] }: BarChart) {
  const all = [...series.flatMap(({ values }) => values), ...lines.map(({ value }) => value)];
  const known = all.filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)];
  const room = HEIGHT - TOP - BOTTOM;
  const y = (value: number) => TOP + (room * (high - value)) / (high - low || 1);
  return { low, high, y };
}

function legend({ series }: BarChart): string[] {
  return series.flatMap(({ name }, i) => {
    const x = LEFT + i * 180;
    return [
      `<rect x="${x}" y="40" width="12" height="12" fill="${PALETTE[i % PALETTE.length]!}"/>`,
      `<text x="${x + 18}" y="51">${escapeXml(name)}</text>`,
    ];
  });
}

/** A chart of bars as SVG. */
export function barsSvg(chart: BarChart): string {
  const { low, high, y } = scale(chart);
  const group = (WIDTH - LEFT - RIGHT) / chart.labels.length;
  const bar = (0.8 * group) / chart.series.length;
  const grid = ticks(low, high).flatMap((value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>`,
    `<text x="${LEFT - 8}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${short(value)}</text>`,
  ]);
  const bars = chart.series.flatMap(({ values }, s) =>
    values.flatMap((value, i) => {
      if (value === null) return [];
      const x = LEFT + i * group + 0.1 * group + s * bar;
      const [top, bottom] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
      const colour = PALETTE[s % PALETTE.length]!;
      return [
        `<rect x="${x.toFixed(1)}" y="${top.toFixed(1)}" width="${(bar - 2).toFixed(1)}" height="${(bottom - top).toFixed(1)}" fill="${colour}"><title>${short(value)}</title></rect>`,
      ];
    }),
  );
  const labels = chart.labels.map(
    (label, i) =>
      `<text x="${(LEFT + (i + 0.5) * group).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${escapeXml(label)}</text>`,
  );
  const lines = (chart.lines ?? []).flatMap(({ name, value }) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#444" stroke-dasharray="6 4"/>`,
    `<text x="${WIDTH - RIGHT + 6}" y="${(y(value) + 4).toFixed(1)}">${escapeXml(name)}</text>`,
  ]);
  const axis = `<text transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(chart.axis)}</text>`;
  return figure(WIDTH, HEIGHT, chart.title, [...legend(chart), axis, ...grid, ...bars, ...lines, ...labels]);
}
