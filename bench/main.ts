import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { SetupError } from '../scripts/steps.mjs';
import { openGpu } from '../src/cli/device.ts';
import { messageOf, UserError } from '../src/cli/errors.ts';
import type { BenchCase } from './cases/bench_case.ts';
import { everyOp } from './cases/every_op.ts';
import { benchCases } from './cases/index.ts';
import { type Contender, findPeers, ours } from './contenders.ts';
import { measureCase } from './measure.ts';
import { type BenchOptions, parseOptions } from './options.ts';
import { writeResult } from './report/files.ts';
import { markdown } from './report/markdown.ts';
import type { BenchResult, CaseResult } from './results.ts';
import { benchFirstUse } from './web/first_use.ts';
import { benchWeb } from './web/main.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LADDER_SIZE = 512;
const FRAME_SECONDS = 5;

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

const allCases = ({ edges, ops }: BenchOptions): readonly BenchCase[] =>
  ops ? everyOp() : benchCases(edges);

function chosen(options: BenchOptions): BenchCase[] {
  const { filter } = options;
  const found = allCases(options).filter(
    ({ name }) => !filter.length || filter.some((part) => name.includes(part)),
  );
  if (!found.length)
    throw new UserError(`--filter ${filter.join(',')}: no case has such a name; see --list`, 2);
  return found;
}

async function versions(peers: boolean): Promise<Record<string, string>> {
  const read = async (file: string) => JSON.parse(await readFile(join(ROOT, file), 'utf8'));
  const { version, dependencies } = await read('package.json');
  const others = peers ? (await read('bench/peers/package.json')).dependencies : {};
  return { e2gan: version, webgpu: dependencies.webgpu.replace('^', ''), ...others };
}

/** Which device ours opens; the device is closed again, so that children have it to themselves. */
async function describeDevice(): Promise<{ adapter: string; software: boolean; timestamps: boolean }> {
  const gpu = await openGpu({ tuned: false });
  const { info, features } = gpu;
  gpu.close();
  const adapter = info.description || info.device;
  return { adapter, software: features.software, timestamps: features.timestamps };
}

async function runCases(
  cases: readonly BenchCase[],
  contenders: readonly Contender[],
  options: BenchOptions,
) {
  const deadline = performance.now() + options.seconds * 1000;
  const results: CaseResult[] = [];
  const left: string[] = [];
  for (const benchCase of cases) {
    const { name } = benchCase;
    if (performance.now() > deadline) {
      left.push(name);
      continue;
    }
    const folder = await mkdtemp(join(tmpdir(), 'e2gan-bench-'));
    try {
      const limits = { repeats: options.repeats, patience: options.patience, deadline };
      results.push(
        await measureCase(benchCase, contenders, folder, limits, (who, what) =>
          say(`${name}: ${who} ${what}`),
        ),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return { cases: results, left };
}

/** What ours is measured by besides cases. */
async function runOthers(own: Contender, options: BenchOptions, timestamps: boolean) {
  const { ladder, repeats, filter, patience, ops } = options;
  const frames = options.frames && !ops;
  const ask = own.process.ask.bind(own.process);
  const wantsFrames = frames && !ladder && (!filter.length || filter.some((part) => 'frames'.includes(part)));
  return {
    peaks: timestamps ? await ask('peaks', {}, patience) : null,
    frames: wantsFrames ? await ask('frames', { edge: 256, seconds: FRAME_SECONDS }, 4 * patience) : [],
    ladder: ladder
      ? { size: LADDER_SIZE, rungs: await ask('ladder', { size: LADDER_SIZE, repeats }, patience) }
      : null,
  };
}

async function bench(options: BenchOptions): Promise<void> {
  if (options.list) {
    for (const { name } of allCases(options)) console.log(name);
    return;
  }
  const cases = options.ladder ? [] : chosen(options);
  const { adapter, software, timestamps } = await describeDevice();
  if (options.ladder && !timestamps) throw new UserError(`--ladder: ${adapter} has no timestamps`);
  const first = loadavg()[0]!;
  const own = ours(ROOT);
  const contenders = [
    own,
    ...(options.peers && !options.ladder && !options.ops ? await findPeers(ROOT, say) : []),
  ];
  try {
    const others = await runOthers(own, options, timestamps);
    const ran = await runCases(cases, contenders, options);
    const result: BenchResult = {
      date: new Date().toISOString(),
      adapter,
      software,
      versions: await versions(options.peers),
      machine: {
        cpu: cpus()[0]?.model ?? 'unknown',
        cores: availableParallelism(),
        node: process.versions.node,
      },
      load: [first, loadavg()[0]!],
      repeats: options.repeats,
      ...others,
      ...ran,
    };
    console.log(markdown(result));
    say(`written to ${await writeResult(result, options.out)}`);
  } finally {
    for (const { process: child } of contenders) child.stop();
  }
}

try {
  const options = parseOptions(process.argv.slice(2));
  const inBrowser = options.firstUse ? benchFirstUse : options.web ? benchWeb : null;
  await (inBrowser && !options.list ? inBrowser(ROOT, options, say) : bench(options));
  // Dawn's threads would keep the process alive.
  process.exit(0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  const known = error instanceof UserError || error instanceof SetupError;
  console.error(known ? `bench: ${messageOf(error)}` : error);
  process.exit(error instanceof UserError ? error.exitCode : 1);
}
