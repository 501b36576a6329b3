// @ts-check
// Writes THIRD_PARTY.md: what ships with e2gan and under which licences.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { page, shipped, unaccepted } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
const all = shipped(packages);
await writeFile(join(root, 'THIRD_PARTY.md'), page(all));
for (const { name, license } of unaccepted(all)) {
  console.error(`third_party: ${name} is under ${license}, which is on no list`);
  process.exitCode = 1;
}
