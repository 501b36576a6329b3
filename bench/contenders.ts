import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackages } from '../scripts/packages.mjs';
import { step } from '../scripts/steps.mjs';
import type { BenchCase } from './cases/bench_case.ts';
import { PeerProcess } from './peer_process.ts';
import type { Who } from './results.ts';

/** Someone who is timed, with the process that does it. */
export interface Contender {
  readonly who: Who;
  readonly process: PeerProcess;
  /** Why it cannot do a case; empty where it may try. */
  unable(benchCase: BenchCase): string;
  forms(benchCase: BenchCase): readonly string[];
}

const PEERS = [
  ['onnxruntime', 'ort'],
  ['jax-js', 'jax'],
  ['tfjs', 'tfjs'],
] as const;
const OPEN_SECONDS = 120;
const ANY = [''];

/** Ours, from the bundle beside the bench's own. */
export function ours(root: string): Contender {
  const process_ = new PeerProcess({
    command: process.execPath,
    args: [join(root, 'dist/bench-ours.mjs')],
  });
  return { who: 'ours', process: process_, unable: () => '', forms: () => ANY };
}

/** Installs the peers' packages where they are missing and bundles what drives them. @throws SetupError */
async function installPeers(root: string): Promise<void> {
  await ensurePackages(join(root, 'bench/peers'));
  await step('building (peers)', process.execPath, ['build.mjs', 'peers'], { cwd: root });
}

/** A Python that has PyTorch, and whether that sees CUDA; null where none has. */
async function findTorch(): Promise<{ python: string; cuda: boolean } | null> {
  const script = 'import torch, numpy; print(torch.cuda.is_available())';
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const { stdout } = await promisify(execFile)(python, ['-c', script], { timeout: 120_000 });
      return { python, cuda: stdout.trim().endsWith('True') };
    } catch {
      // Not there, or without PyTorch: the next may have it.
    }
  }
  return null;
}

function torch(root: string, python: string, mode: string): Contender {
  const start = {
    command: python,
    args: [join(root, 'bench/peers/torch_peer.py'), mode],
    env: { OMP_NUM_THREADS: String(availableParallelism()) },
  };
  return { who: `torch ${mode}`, process: new PeerProcess(start), unable: () => '', forms: () => ANY };
}

async function answers({ who, process: child }: Contender, say: (line: string) => void): Promise<boolean> {
  try {
    const { device } = await child.ask('open', { threads: availableParallelism() }, OPEN_SECONDS);
    say(`${who}: ${device}`);
    return true;
  } catch (error) {
    say(`${who}: left out: ${(error as Error).message}`);
    child.stop();
    return false;
  }
}

/** The peers that can be had here, started. @throws SetupError where their packages cannot be installed */
export async function findPeers(root: string, say: (line: string) => void): Promise<Contender[]> {
  await installPeers(root);
  const found: Contender[] = PEERS.map(([who, file]) => ({
    who,
    process: new PeerProcess({
      command: process.execPath,
      args: [join(root, `bench/peers/dist/${file}.mjs`)],
    }),
    unable: ({ unable }) => unable[who] ?? '',
    forms: ({ forms }) => forms[who] ?? ANY,
  }));
  const python = await findTorch();
  if (python) {
    const modes = ['cpu', ...(python.cuda ? ['eager', 'graph', 'compile'] : [])];
    found.push(...modes.map((mode) => torch(root, python.python, mode)));
  } else say('torch: left out: no Python with PyTorch');
  const answered: Contender[] = [];
  for (const contender of found) if (await answers(contender, say)) answered.push(contender);
  return answered;
}
