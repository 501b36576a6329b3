import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { page, shipped, unaccepted } from '../../scripts/licences.mjs';
import { importsOf, readTree } from '../source_tree.ts';

const lockfile = JSON.parse(await readFile('package-lock.json', 'utf8'));
const all = shipped(lockfile.packages);

test('THIRD_PARTY.md lists what ships', async () => {
  assert.is(await readFile('THIRD_PARTY.md', 'utf8'), page(all), 'run: node scripts/third_party.mjs');
  assert.ok(all.length > 20);
});

test('every licence is on a list, and an unknown or stricter one would be told', () => {
  assert.equal(unaccepted(all), []);
  const odd = { 'node_modules/x': { version: '1', license: 'AGPL-3.0' }, 'node_modules/y': { version: '1' } };
  assert.equal(
    unaccepted(shipped(odd)).map(({ name }) => name),
    ['x', 'y'],
  );
});

test('every package that the sources import is listed', async () => {
  const listed = new Set(all.map(({ name }) => name));
  const packageOf = (target: string) => target.split('/', target.startsWith('@') ? 2 : 1).join('/');
  const missing = (await readTree())
    .filter(({ path, ast }) => ast && path.startsWith('src/'))
    .flatMap((file) => importsOf(file).map((target) => [file.path, target] as const))
    .filter(
      ([, target]) => !/^(node:|#|package\.json$|src\/|kernels\/|scripts\/|test\/|bench\/)/.test(target),
    )
    .filter(([, target]) => !listed.has(packageOf(target)));
  assert.equal(missing, []);
});

test.run();
