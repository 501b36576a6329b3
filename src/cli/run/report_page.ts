import type { Chart } from './charts.ts';

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content or a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char]!);
}

/** JSON that may stand inside a script element: no text in it can end the element. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028|\u2029/g, ' ');
}

interface PageParts {
  readonly title: string;
  /** Style and script of the chart library. */
  readonly style: string;
  readonly script: string;
  readonly charts: readonly Chart[];
  readonly body: string;
}

const STYLE = `
  body { font: 15px/1.45 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto; padding: 0 1rem; color: #222; }
  h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
  table { border-collapse: collapse } th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #ddd }
  td.number { text-align: right; font-variant-numeric: tabular-nums }
  #charts { display: flex; flex-wrap: wrap; gap: 1rem }
  .previews { display: flex; flex-wrap: wrap; gap: 1rem } figure { margin: 0 } img { max-width: 100%; image-rendering: pixelated }
  .figure { margin-top: 1.5rem } svg { width: 100%; height: auto }
  figcaption { color: #666; font-size: .85rem }`;

/** Runs in the page. */
const DRAW = `
  const colours = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#ff7f0e', '#8c564b', '#17becf', '#7f7f7f'];
  for (const { title, series, data } of JSON.parse(document.getElementById('data').textContent)) {
    const curves = series.map((label, i) => ({ label, stroke: colours[i % colours.length], width: 1.5, spanGaps: true }));
    new uPlot({
      title, width: 520, height: 280, scales: { x: { time: false } }, series: [{ label: 'step' }, ...curves],
      axes: [{}, { size: 64 }], cursor: { sync: { key: 'step' } },
    }, data, document.getElementById('charts'));
  }`;

/** The whole page; the policy in it forbids everything that is not in the file itself. */
export function page({ title, style, script, charts, body }: PageParts): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${style}${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<div id="charts"></div>
${body}
<script type="application/json" id="data">${scriptJson(charts)}</script>
<script>${script}</script>
<script>${DRAW}</script>
</body>
</html>
`;
}
