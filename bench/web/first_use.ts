import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { step } from '../../scripts/steps.mjs';
import type { BenchOptions } from '../options.ts';
import { folderName } from '../report/files.ts';
import { markdownTable, short } from '../report/numbers.ts';
import { median } from '../statistics.ts';
import { CANVAS_FLAGS, findChromium } from './browser.ts';
import type { FirstUse } from './first_use_result.ts';
import { runPage } from './run_page.ts';

// `npm run bench -- --first-use`: how long a page's first user waits, and what a change of looks costs after that.

const LOOKS = 'checkpoints/tiny/adapters';
const PEFT = ['adapter_config.json', 'adapter_model.safetensors'];

const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['bench/web/page.html', 'text/html'],
  '/page.mjs': ['dist/bench_page/first_use_page.mjs', 'text/javascript'],
  '/base.safetensors': ['checkpoints/tiny/base.safetensors', 'application/octet-stream'],
  ...Object.fromEntries(
    Object.entries({ first: 'autumn', second: 'night' }).flatMap(([path, look]) =>
      PEFT.map((file) => [`/${path}/${file}`, [`${LOOKS}/${look}/${file}`, 'application/octet-stream']]),
    ),
  ),
};

/** One row: each stage from opening on, then medians of frames, and what a switch and a blend add to one. */
export function firstUseMarkdown(found: FirstUse, about: string): string {
  const { adapter, browser, edge, bytes, timeline, frames } = found;
  const [same, switched, blended] = [frames.same, frames.switched, frames.blended].map(median) as [
    number,
    number,
    number,
  ];
  const { downloaded, compiled, ready, firstFrame } = timeline;
  const head = [
    'picture',
    'MB',
    'downloaded',
    'compiled',
    'ready',
    'first frame',
    'frame',
    '+ switch',
    '+ blend',
  ];
  const added = (ms: number) => short(Math.max(0, ms - same));
  const row = [
    `${edge}x${edge}`,
    (bytes / 1e6).toFixed(2),
    ...[downloaded, compiled, ready, firstFrame, same].map(short),
    added(switched),
    added(blended),
  ];
  return [
    `# First use in a browser: ${adapter}`,
    '',
    `${about}; ${browser}. Milliseconds; stages from opening on, frames are medians of ${frames.same.length} in turns.`,
    '',
    markdownTable(head, [row]),
    '',
  ].join('\n');
}

/** Measures, prints and writes `<out>/<adapter>/first-use-<date>.md` and `.json`. @throws UserError, SetupError */
export async function benchFirstUse(root: string, options: BenchOptions, say: (line: string) => void) {
  const chromium = await findChromium();
  await step('building (page)', process.execPath, ['build.mjs', 'first-use'], { cwd: root });
  const { edge, repeats, patience } = options;
  const page = { root, files: FILES, task: { edge, repeats }, flags: CANVAS_FLAGS };
  const found = (await runPage('--first-use', page, chromium, patience, say)) as FirstUse;
  const date = new Date().toISOString();
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, load average ${short(loadavg()[0]!)}`;
  const text = firstUseMarkdown(found, `${date}; ${machine}`);
  console.log(text);
  const folder = join(options.out, folderName(found.adapter));
  const path = join(folder, `first-use-${date.slice(0, 16).replace('T', '-').replace(':', '')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.json`, `${JSON.stringify({ date, machine, ...found }, null, 2)}\n`);
  await writeFile(`${path}.md`, text);
  say(`written to ${path}.md`);
}
