import { escapeXml, figure, PALETTE, short, ticks } from './svg.ts';

/** Curves over one axis. */
export interface CurveChart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [number, number])[];
  }[];
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const TOP = 40;
const RIGHT = 230;
const BOTTOM = 50;

interface Axis {
  readonly low: number;
  readonly high: number;
  at(value: number): number;
}

function axis(values: readonly number[], from: number, to: number): Axis {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { low, high, at: (value) => from + ((to - from) * (value - low)) / (high - low || 1) };
}

function frame({ x, y }: CurveChart, across: Axis, up: Axis): string[] {
  const [right, bottom] = [WIDTH - RIGHT, HEIGHT - BOTTOM];
  return [
    ...ticks(up.low, up.high).flatMap((value) => [
      `<line x1="${LEFT}" x2="${right}" y1="${up.at(value).toFixed(1)}" y2="${up.at(value).toFixed(1)}" stroke="#ddd"/>`,
      `<text x="${LEFT - 8}" y="${(up.at(value) + 4).toFixed(1)}" text-anchor="end">${short(value)}</text>`,
    ]),
    ...ticks(across.low, across.high).map(
      (value) =>
        `<text x="${across.at(value).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${short(value)}</text>`,
    ),
    `<text x="${(LEFT + right) / 2}" y="${bottom + 38}" text-anchor="middle">${escapeXml(x)}</text>`,
    `<text transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escapeXml(y)}</text>`,
  ];
}

/** Curves as SVG, each with its name beside the last point's height in the legend. */
export function curvesSvg(chart: CurveChart): string {
  const all = chart.series.flatMap(({ points }) => points);
  const across = axis(
    all.map(([x]) => x),
    LEFT,
    WIDTH - RIGHT,
  );
  const up = axis([0, ...all.map(([, y]) => y)], HEIGHT - BOTTOM, TOP);
  const curves = chart.series.flatMap(({ name, points }, i) => {
    const colour = PALETTE[i % PALETTE.length]!;
    const path = points.map(([x, y]) => `${across.at(x).toFixed(1)},${up.at(y).toFixed(1)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...points.map(
        ([x, y]) =>
          `<circle cx="${across.at(x).toFixed(1)}" cy="${up.at(y).toFixed(1)}" r="3" fill="${colour}"/>`,
      ),
      `<rect x="${WIDTH - RIGHT + 20}" y="${TOP + 22 * i}" width="12" height="12" fill="${colour}"/>`,
      `<text x="${WIDTH - RIGHT + 38}" y="${TOP + 22 * i + 11}">${escapeXml(name)}</text>`,
    ];
  });
  return figure(WIDTH, HEIGHT, chart.title, [...frame(chart, across, up), ...curves]);
}
