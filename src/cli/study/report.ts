import { makeFolder, writeAtomic } from '../files.ts';
import type { Config } from '../run/config.ts';
import { configHtml, tableHtml } from '../run/report.ts';
import { escapeHtml, page } from '../run/report_page.ts';
import type { RunFolder } from '../run_folder.ts';
import { digits } from '../trials/mean.ts';
import type { Claim, Section } from './study.ts';

/** All claims as one table. */
export const claimsTable = (claims: readonly Claim[]) => ({
  title: 'Claims, held against what was measured here',
  columns: ['claim', 'verdict', 'ours', 'other', 'other - ours', '± s.e.', 'trainings', 'by concept'],
  rows: claims.map(({ claim, ours, other, standardError, trainings, verdict, concepts }) => [
    claim,
    verdict,
    digits(ours),
    digits(other),
    digits(other - ours),
    standardError === null ? '–' : digits(standardError),
    trainings,
    concepts.map((c) => `${c.concept} ${digits(c.ours)} : ${digits(c.other)}`).join('; '),
  ]),
});

/** Why claims do not hold or are within noise, a paragraph for each; empty where all hold. */
export const reasons = (claims: readonly Claim[]): string[] =>
  claims
    .filter(({ why }) => why.length)
    .map(
      ({ claim, verdict, why }) =>
        `"${claim}" ${verdict === 'within noise' ? 'is within noise' : verdict}. ${why.join(' ')}`,
    );

/** What a study found, in words. */
export interface StudyReport {
  readonly title: string;
  /** How it was measured: paragraphs. */
  readonly about: readonly string[];
  readonly sections: readonly Section[];
  readonly config: Config;
}

const VERDICTS =
  'A claim holds where ours is better on the mean; it does not hold where ours is worse by more than two standard errors of the differences, paired by concept and seed; between the two it is within noise.';

const REASONS = 'Why some do not hold';

function sectionHtml({ title, text, tables, figures, pictures }: Section): string {
  const png = ([name, bytes]: readonly [string, Uint8Array]) =>
    `<figure><img alt="${escapeHtml(name)}" src="data:image/png;base64,${Buffer.from(bytes).toString('base64')}"><figcaption>${escapeHtml(name)}</figcaption></figure>`;
  return [
    `<h1>${escapeHtml(title)}</h1>`,
    ...text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    ...tables.map(tableHtml),
    ...[...figures.values()].map((svg) => `<figure class="figure">${svg}</figure>`),
    ...[...pictures].map(png),
  ].join('\n');
}

function reasonsHtml(claims: readonly Claim[]): string[] {
  const paragraphs = reasons(claims).map((text) => `<p>${escapeHtml(text)}</p>`);
  return paragraphs.length ? [`<h2>${REASONS}</h2>`, ...paragraphs] : [];
}

/** The report as one page that needs nothing else. */
export function studyHtml({ title, about, sections, config }: StudyReport): string {
  const claims = sections.flatMap((s) => s.claims);
  const paragraphs = [...about, VERDICTS].map((text) => `<p>${escapeHtml(text)}</p>`);
  const body = [
    ...paragraphs,
    tableHtml(claimsTable(claims)),
    ...reasonsHtml(claims),
    ...sections.map(sectionHtml),
    configHtml(config),
  ];
  return page({ title, style: '', script: '', charts: [], body: body.join('\n') });
}

/** Text as a cell of a Markdown table. */
const cell = (value: string | number): string =>
  String(value)
    .replace(/[\\|<>`*_[\]]/g, (char) => `\\${char}`)
    .replace(/\s+/g, ' ');

function tableMarkdown({ title, columns, rows }: Section['tables'][number]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [
    `**${cell(title)}**\n`,
    line(columns),
    line(columns.map(() => '---')).replaceAll('\\', ''),
    ...rows.map(line),
  ].join('\n');
}

function sectionMarkdown({ title, text, tables, figures, pictures }: Section): string {
  const picture = (file: string) => `![${file}](figures/${file})`;
  return [
    `## ${title}`,
    ...text,
    ...tables.map(tableMarkdown),
    ...[...figures.keys()].map((name) => picture(`${name}.svg`)),
    ...[...pictures.keys()].map((name) => picture(`${name}.png`)),
  ].join('\n\n');
}

/** The report as Markdown, whose pictures lie in `figures/`. */
export function studyMarkdown({ title, about, sections }: StudyReport): string {
  const claims = sections.flatMap((s) => s.claims);
  const why = reasons(claims);
  const parts = [
    ...[`# ${title}`, ...about, VERDICTS, tableMarkdown(claimsTable(claims))],
    ...(why.length ? [`**${REASONS}**`, ...why] : []),
    ...sections.map(sectionMarkdown),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Writes `report.html`, `study.md` with `figures/`, and `claims.json`. */
export async function writeStudy(run: RunFolder, report: StudyReport): Promise<void> {
  await makeFolder(run.file('figures'));
  for (const { figures, pictures } of report.sections) {
    for (const [name, svg] of figures) await writeAtomic(run.file('figures', `${name}.svg`), svg);
    for (const [name, png] of pictures) await writeAtomic(run.file('figures', `${name}.png`), png);
  }
  const claims = report.sections.flatMap((s) => s.claims);
  await writeAtomic(run.file('claims.json'), `${JSON.stringify(claims, null, 2)}\n`);
  await writeAtomic(run.file('study.md'), studyMarkdown(report));
  await writeAtomic(run.file('report.html'), studyHtml(report));
}
