import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** In memory where the system has such a folder: these tests sync files thousands of times. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs `work` in a fresh folder and removes it. */
export async function inScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(PLACE, 'e2gan-faults-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
