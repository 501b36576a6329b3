import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { sortNaturally } from '../data/listing.ts';
import { writeAtomic } from '../files.ts';
import { chartsOf } from './charts.ts';
import { type Config, flattenConfig } from './config.ts';
import { type MetricsRow, readMetrics } from './metrics_log.ts';
import { escapeHtml, page } from './report_page.ts';

const require = createRequire(import.meta.url);
const SHOWN_PREVIEWS = 12;

/** A table of results, such as PSNR and SSIM per concept. */
export interface ResultTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** All that a report shows. */
export interface ReportContent {
  readonly title: string;
  readonly config: Config;
  readonly metrics: readonly MetricsRow[];
  /** Pictures in the order of showing, as PNG bytes. */
  readonly previews: readonly { readonly name: string; readonly png: Uint8Array }[];
  readonly results: readonly ResultTable[];
  /** Figures of our own making, as SVG. */
  readonly figures?: readonly string[];
}

/** A report as one HTML page that needs no server, no network and no other file. All content is escaped. */
export async function renderReport(content: ReportContent): Promise<string> {
  const uplot = (name: string) => readFile(require.resolve(`uplot/dist/${name}`), 'utf8');
  return page({
    title: content.title,
    style: await uplot('uPlot.min.css'),
    script: await uplot('uPlot.iife.min.js'),
    charts: chartsOf(content.metrics),
    body: [
      ...content.results.map(tableHtml),
      ...(content.figures ?? []).map((svg) => `<figure class="figure">${svg}</figure>`),
      content.previews.length > 0 ? previewsHtml(content.previews) : '',
      configHtml(content.config),
    ].join('\n'),
  });
}

/** Writes `report.html` into a run folder from its metrics and its last previews. @throws UserError */
export async function writeReport(
  folder: string,
  content: Pick<ReportContent, 'title' | 'config' | 'results' | 'figures'>,
): Promise<void> {
  const metrics = await readMetrics(join(folder, 'metrics.jsonl'));
  const names = (await readdir(join(folder, 'previews')).catch(() => [])).filter((name) =>
    /^[^.].*\.png$/.test(name),
  );
  const last = sortNaturally(names, (name) => name)
    .slice(-SHOWN_PREVIEWS)
    .reverse();
  const previews = await Promise.all(
    last.map(async (name) => ({ name, png: await readFile(join(folder, 'previews', name)) })),
  );
  await writeAtomic(join(folder, 'report.html'), await renderReport({ ...content, metrics, previews }));
}

/** A table with its title. */
export function tableHtml({ title, columns, rows }: ResultTable): string {
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const cell = (value: string | number) =>
    typeof value === 'number'
      ? `<td class="number">${formatNumber(value)}</td>`
      : `<td>${escapeHtml(value)}</td>`;
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n');
  return `<h2>${escapeHtml(title)}</h2>\n<table><tr>${head}</tr>\n${body}</table>`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));
}

function previewsHtml(previews: ReportContent['previews']): string {
  const figures = previews.map(({ name, png }) => {
    const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
    const caption = escapeHtml(name.replace(/\.png$/, ''));
    return `<figure><img alt="${escapeHtml(name)}" src="${source}"><figcaption>${caption}</figcaption></figure>`;
  });
  return `<h2>Previews</h2>\n<div class="previews">${figures.join('\n')}</div>`;
}

/** All settings but the forms of kernels, which are many and say nothing of the result. */
export function configHtml({ choices: _, ...settings }: Config): string {
  const rows = [...flattenConfig(settings)].map(([name, value]) => {
    return `<tr><th>${escapeHtml(name)}</th><td><code>${escapeHtml(value)}</code></td></tr>`;
  });
  return `<h2>Settings</h2>\n<table>${rows.join('\n')}</table>`;
}
