import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchResult } from '../results.ts';
import { summary } from '../statistics.ts';
import { markdown } from './markdown.ts';

/** One number that github-action-benchmark follows from run to run. */
export interface Tracked {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range: string;
  readonly extra: string;
}

/**
 * GPU times of ours and times per frame as github-action-benchmark's `customSmallerIsBetter` takes them.
 *
 * @see https://github.com/benchmark-action/github-action-benchmark
 */
export function smallerIsBetter({ cases, frames, adapter }: BenchResult): Tracked[] {
  const gpu = cases.flatMap((c): Tracked[] => {
    const times = summary(c.gpu);
    if (!times) return [];
    const { median, iqr, count } = times;
    return [
      {
        name: c.name,
        unit: 'ms',
        value: median,
        range: `IQR ${iqr.toFixed(3)}`,
        extra: `${count} runs on ${adapter}`,
      },
    ];
  });
  const perFrame = frames.map(({ name, fps, margin, samples }) => ({
    name: `frame ${name}`,
    unit: 'ms',
    value: 1000 / fps,
    range: `±${margin.toFixed(1)} %`,
    extra: `${samples} samples on ${adapter}`,
  }));
  return [...gpu, ...perFrame];
}

/** A name that is good in paths. */
export const folderName = (adapter: string): string =>
  adapter
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '') || 'unknown';

/**
 * Writes `<out>/<adapter>/<date>.json`, `.md` and `.smaller.json`, and the page into GitHub's step summary where
 * there is one.
 * @returns the path of the page
 */
export async function writeResult(result: BenchResult, out: string): Promise<string> {
  const folder = join(out, folderName(result.adapter));
  const name = result.date.slice(0, 16).replace('T', '-').replace(':', '');
  const page = markdown(result);
  await mkdir(folder, { recursive: true });
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  await writeFile(join(folder, `${name}.json`), json(result));
  await writeFile(join(folder, `${name}.smaller.json`), json(smallerIsBetter(result)));
  await writeFile(join(folder, `${name}.md`), page);
  const stepSummary = process.env.GITHUB_STEP_SUMMARY;
  if (stepSummary) await appendFile(stepSummary, page);
  return join(folder, `${name}.md`);
}
