import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { UserError } from '../../src/cli/errors.ts';

/** Runs `work` in a fresh folder and removes the folder afterwards. */
export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The path of a reference folder beside the repository, or undefined, saying that its tests are skipped. */
export function sharedFolder(name: string): string | undefined {
  const path = resolve('..', 'shared', name);
  if (existsSync(path)) return path;
  console.log(`skipped: ${path} is absent`);
  return undefined;
}

/** Asserts that `work` rejects with a UserError whose message matches, and returns it. */
export async function rejectsWith(work: () => unknown, pattern: RegExp): Promise<UserError> {
  try {
    await work();
  } catch (error) {
    assert.instance(error, UserError);
    assert.match((error as UserError).message, pattern);
    return error as UserError;
  }
  throw new Error(`no error, expected ${pattern}`);
}
