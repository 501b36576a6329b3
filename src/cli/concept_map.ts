import { planeOf } from '../train/projection.ts';
import type { Rows } from '../train/rows.ts';
import { escapeXml, figure } from './figures/svg.ts';

/** Concepts on a plane: what `concepts.svg` shows. */
export interface ConceptMap {
  readonly names: readonly string[];
  readonly features: Rows;
  /** Cluster of each concept. */
  readonly clusters: readonly number[];
  /** Indices of the chosen ones. */
  readonly chosen: readonly number[];
  /** Which features these are, in words. */
  readonly title: string;
}

const WIDTH = 1000;
const HEIGHT = 720;
const MARGIN = 60;

/** Hues spread by the golden angle, so that neighbouring numbers differ. */
const colour = (cluster: number): string => `hsl(${Math.round((cluster * 137.508) % 360)} 65% 45%)`;

/** Stretches one axis over the picture, less its margins; where all are equal they lie in the middle. */
function axis(values: readonly number[], length: number): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = length - 2 * MARGIN;
  return values.map((v) => (high > low ? MARGIN + (room * (v - low)) / (high - low) : length / 2));
}

/**
 * A map of concepts as SVG: features on their two principal axes, one colour a cluster, a line from each concept to the one
 * chosen of its cluster, which is larger and named in bold.
 */
export function conceptMapSvg({ names, features, clusters, chosen, title }: ConceptMap): string {
  const plane = planeOf(features);
  const xs = axis(
    plane.map(([x]) => x),
    WIDTH,
  );
  const ys = axis(
    plane.map(([, y]) => -y),
    HEIGHT,
  );
  const at = (i: number) => [xs[i]!.toFixed(1), ys[i]!.toFixed(1)] as const;
  const heads = new Map(chosen.map((i) => [clusters[i]!, i]));
  const isChosen = new Set(chosen);
  const line = (i: number) => {
    const [[x1, y1], [x2, y2]] = [at(i), at(heads.get(clusters[i]!)!)];
    return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour(clusters[i]!)}" stroke-opacity="0.35"/>`;
  };
  const dot = (i: number) => {
    const [x, y] = at(i);
    const big = isChosen.has(i);
    const text = `<text x="${(xs[i]! + 9).toFixed(1)}" y="${(ys[i]! + 4).toFixed(1)}"${big ? ' font-weight="bold"' : ' fill="#666"'}>${escapeXml(names[i]!)}</text>`;
    return `<circle cx="${x}" cy="${y}" r="${big ? 7 : 4}" fill="${colour(clusters[i]!)}"${big ? ' stroke="#000"' : ''}/>${text}`;
  };
  const all = names.map((_, i) => i);
  return figure(WIDTH, HEIGHT, title, [
    ...all.filter((i) => !isChosen.has(i)).map(line),
    ...all.filter((i) => !isChosen.has(i)).map(dot),
    ...chosen.map(dot),
  ]);
}
