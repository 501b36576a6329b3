import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { UserError } from '../../src/cli/errors.ts';

// A headless Chromium on its software device, with a profile of its own that goes with it.

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu-sandbox',
  '--no-first-run',
  '--enable-unsafe-webgpu',
  '--disable-dev-shm-usage',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];

/** For canvases on the software device, which stay blank without, or take the whole browser's device with them. */
export const CANVAS_FLAGS = ['--enable-features=Vulkan', '--use-vulkan=swiftshader', '--use-angle=vulkan'];

/** Without what leads Dawn in Node to a driver: Chromium brings its own, and its own loader. */
export const ownVulkan = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(VK_|LD_LIBRARY_PATH$)/.test(name) ? [] : [[name, value]],
    ),
  );

/** E2GAN_CHROMIUM, or the first on the search path. @throws UserError where there is none */
export async function findChromium(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folders = (env.PATH ?? '').split(delimiter);
  const candidates = env.E2GAN_CHROMIUM
    ? [env.E2GAN_CHROMIUM]
    : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  for (const path of candidates)
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not there: the next may be.
    }
  const found = env.E2GAN_CHROMIUM
    ? `E2GAN_CHROMIUM ${env.E2GAN_CHROMIUM} cannot be run`
    : 'no Chromium here';
  throw new UserError(
    `--web: ${found}; install one (Debian: apt-get install -y chromium) or name one in E2GAN_CHROMIUM`,
  );
}

const CLOCK_TICK_MS = 10;

/** Fields of /proc/<pid>/stat, counted after the name, which may hold blanks. */
function readStat(text: string): { pid: number; parent: number; ms: number } {
  const rest = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(rest[11]) + Number(rest[12]);
  return { pid: Number.parseInt(text, 10), parent: Number(rest[1]), ms: ticks * CLOCK_TICK_MS };
}

/** Processor milliseconds of a process and all under it, from the texts of /proc/<pid>/stat. */
export function treeTime(stats: readonly string[], root: number): number {
  const all = stats.map(readStat);
  const inTree = new Set([root]);
  for (let grown = true; grown; ) {
    const young = all.filter(({ pid, parent }) => inTree.has(parent) && !inTree.has(pid));
    for (const { pid } of young) inTree.add(pid);
    grown = young.length > 0;
  }
  return all.reduce((sum, { pid, ms }) => sum + (inTree.has(pid) ? ms : 0), 0);
}

async function readStats(): Promise<string[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const read = pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
  return (await Promise.all(read)).filter(Boolean);
}

/** A running browser. */
export class Browser {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly ended: Promise<string>;

  private constructor(child: ChildProcess, profile: string) {
    this.#child = child;
    this.#profile = profile;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('exit', (code, signal) => resolve(`it ended (${signal ?? `exit code ${code}`})`));
    });
  }

  static async open(path: string, url: string, flags: readonly string[] = []): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'e2gan-bench-web-'));
    const child = spawn(path, [...FLAGS, ...flags, `--user-data-dir=${profile}`, url], {
      stdio: ['ignore', 'ignore', process.env.E2GAN_BENCH_TRACE ? 'inherit' : 'ignore'],
      detached: true,
      env: ownVulkan(),
    });
    return new Browser(child, profile);
  }

  /** Over cores; 0 outside of Linux. */
  async processorTime(): Promise<number> {
    const { pid } = this.#child;
    return pid ? treeTime(await readStats(), pid) / availableParallelism() : 0;
  }

  /** Ends it with all its processes and removes its profile. */
  async close(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    // The group, where it still has a leader: the number may be another's later.
    if (pid && exitCode === null && signalCode === null) {
      if (process.platform === 'win32') this.#child.kill();
      else process.kill(-pid, 'SIGKILL');
      await this.ended;
    }
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
