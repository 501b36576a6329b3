import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/packages.mjs';
import { step } from '../../scripts/steps.mjs';
import { UserError } from '../../src/cli/errors.ts';
import type { BenchOptions } from '../options.ts';
import { folderName } from '../report/files.ts';
import { findChromium } from './browser.ts';
import type { PageResult, WebResult } from './page_result.ts';
import { runPage } from './run_page.ts';
import { PAGE_FILES } from './server.ts';
import { webMarkdown } from './table.ts';

async function versions(root: string): Promise<Record<string, string>> {
  const read = async (file: string) => JSON.parse(await readFile(join(root, file), 'utf8'));
  const { dependencies } = await read('bench/peers/package.json');
  const names = ['onnxruntime-web', '@jax-js/jax'];
  const peers = Object.fromEntries(names.map((name) => [name, dependencies[name]]));
  return { e2gan: (await read('package.json')).version, ...peers };
}

/** Writes `<out>/<adapter>/web-<date>.md` and `.json`. @returns the path of the page */
async function writeWebResult(result: WebResult, out: string): Promise<string> {
  const folder = join(out, folderName(result.adapter));
  const path = join(folder, `web-${result.date.slice(0, 16).replace('T', '-').replace(':', '')}`);
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.json`, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(`${path}.md`, webMarkdown(result));
  return `${path}.md`;
}

/** Ours beside onnxruntime-web and jax-js in a headless Chromium. @throws UserError, SetupError */
export async function benchWeb(
  root: string,
  options: BenchOptions,
  say: (line: string) => void,
): Promise<void> {
  const chromium = await findChromium();
  await ensurePackages(join(root, 'bench/peers'));
  await step('building (page)', process.execPath, ['build.mjs', 'page'], { cwd: root });
  const first = loadavg()[0]!;
  const { edge, repeats, patience } = options;
  const page = { root, files: PAGE_FILES, task: { edge, repeats } };
  const found = (await runPage('--web', page, chromium, patience, say)) as PageResult;
  const result: WebResult = {
    ...found,
    date: new Date().toISOString(),
    versions: await versions(root),
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() },
    load: [first, loadavg()[0]!],
    repeats,
  };
  console.log(webMarkdown(result));
  say(`written to ${await writeWebResult(result, options.out)}`);
  for (const { name, entries } of found.cases)
    for (const { who, unable } of entries)
      if (who === 'ours' && unable) throw new UserError(`--web: ${name}: ours does not count: ${unable}`);
}
