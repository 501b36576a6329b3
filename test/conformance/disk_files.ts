import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readRegularFile } from '../../src/cli/files.ts';
import type { CaseFiles } from './read_case.ts';

const LARGEST = 4 * 1024 ** 3;

/** A folder on disk. */
export const diskFiles = (path: string): CaseFiles => ({
  name: path,
  has: async (file) => existsSync(join(path, file)),
  bytes: (file) => readRegularFile(join(path, file), LARGEST),
});
