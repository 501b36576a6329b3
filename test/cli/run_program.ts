import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { runProgram } from '../../src/cli/program.ts';

/** What a run of the program left behind. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program inside this process. */
export async function run(...args: readonly string[]): Promise<Outcome> {
  const streams = { out: process.stdout, err: process.stderr };
  const text = { out: '', err: '' };
  const writes = Object.entries(streams).map(([name, stream]) => {
    const write = stream.write;
    stream.write = ((part: string) => {
      text[name as keyof typeof text] += part;
      return true;
    }) as typeof write;
    return () => {
      stream.write = write;
    };
  });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    return { code: await runProgram(['node', 'e2gan', ...args]), ...text };
  } finally {
    for (const restore of writes) restore();
    process.exitCode = before;
  }
}

/** Asserts a failure as users should see it: the code, one line on stderr, no stack, nothing on stdout. */
export function assertRefused({ code, out, err }: Outcome, expected: number, pattern: RegExp): void {
  assert.ok(pattern.test(err), err);
  assert.is(code, expected, err);
  assert.match(err, /^e2gan: [^\n]+\n$/);
  assert.is(out, '');
}

const LARGE = 16 * 2 ** 20;

/** A hash over the names, sizes and bytes of all that lies in a folder; of large files, over the time in place of bytes. */
export async function folderHash(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const about = await lstat(join(folder, name));
    hash.update(`${name} ${about.mode} `);
    if (about.size > LARGE) hash.update(`${about.size} ${about.mtimeMs}`);
    else if (about.isFile() && about.mode & 0o400) hash.update(await readFile(join(folder, name)));
  }
  return hash.digest('hex');
}
