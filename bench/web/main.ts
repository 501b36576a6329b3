import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { ensurePackages } from '../../scripts/packages.mjs';
import { step } from '../../scripts/steps.mjs';
import { UserError } from '../../src/cli/errors.ts';
import type { BenchOptions } from '../options.ts';
import { folderName } from '../report/files.ts';
import { Browser, findChromium } from './browser.ts';
import type { PageResult, WebResult } from './page_result.ts';
import { servePage } from './server.ts';
import { webMarkdown } from './table.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Say = (line: string) => void;

/** Serves the page, opens it in a browser and waits for what it posts. @throws UserError where it fails or falls silent */
async function runPage(root: string, chromium: string, options: BenchOptions, say: Say): Promise<PageResult> {
  const { edge, repeats, patience } = options;
  let browser: Browser | null = null;
  let fail!: (error: UserError) => void;
  let succeed!: (result: PageResult) => void;
  const result = new Promise<PageResult>((resolve, reject) => {
    [succeed, fail] = [resolve, reject];
  });
  // The browser may be opened last of all; a failure before that must not count as unheard.
  result.catch(() => {});
  const interrupt = () => fail(new UserError('--web: stopped'));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  let timer: NodeJS.Timeout | undefined;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => fail(new UserError(`--web: the page is silent for ${patience} s; raise --patience`)),
      patience * 1000,
    );
  };
  const server = await servePage({
    root,
    task: { edge, repeats },
    processorTime: async () => {
      wait();
      return (await browser?.processorTime()) ?? 0;
    },
    say,
    done: succeed,
    failed: (reason) => fail(new UserError(`--web: the page failed: ${reason}`)),
  });
  try {
    wait();
    browser = await Browser.open(chromium, server.url);
    void browser.ended.then((why) => fail(new UserError(`--web: ${chromium}: ${why}`)));
    return await result;
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, interrupt);
    server.close();
    await browser?.close();
  }
}

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
export async function benchWeb(root: string, options: BenchOptions, say: Say): Promise<void> {
  const chromium = await findChromium();
  await ensurePackages(join(root, 'bench/peers'));
  await step('building (page)', process.execPath, ['build.mjs', 'page'], { cwd: root });
  const first = loadavg()[0]!;
  const found = await runPage(root, chromium, options, say);
  const result: WebResult = {
    ...found,
    date: new Date().toISOString(),
    versions: await versions(root),
    machine: { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism() },
    load: [first, loadavg()[0]!],
    repeats: options.repeats,
  };
  console.log(webMarkdown(result));
  say(`written to ${await writeWebResult(result, options.out)}`);
  for (const { name, entries } of found.cases)
    for (const { who, unable } of entries)
      if (who === 'ours' && unable) throw new UserError(`--web: ${name}: ours does not count: ${unable}`);
}
