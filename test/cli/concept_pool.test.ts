import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { conceptMapSvg } from '../../src/cli/concept_map.ts';
import { chooseConcepts } from '../../src/cli/concept_pool.ts';
import { sceneConcepts } from '../../src/train/scenes/scenes.ts';
import { assertRefused, run } from './run_program.ts';
import { rejectsWith } from './scratch.ts';
import { writeSmallClip } from './small_clip.ts';

// Representative concepts of a pool: base --concepts FILE.json.
const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const concept = (name: string, prompt = name) => ({ name, prompt });
const write = (name: string, concepts: unknown) => writeFile(at(name), JSON.stringify({ concepts }));

await write('families.json', [
  concept('monet', 'an oil painting monet'),
  concept('oil', 'an oil painting'),
  concept('cezanne', 'an oil painting cezanne'),
  concept('zombie', 'the face of a zombie'),
  concept('face', 'the face of a'),
  concept('elf', 'the face of a elf'),
  concept('night'),
]);
const options = { k: 3, features: { kind: 'stand-in' }, seed: 1, exclude: [] } as const;

const pool = suite('concept pool');

pool('prompts that share words are one cluster; the concept in its middle stands for it', async () => {
  const found = await chooseConcepts({ ...options, path: at('families.json') });
  assert.equal(
    found.chosen.map(({ name }) => name),
    ['oil', 'face', 'night'],
  );
  assert.equal(found.members.get('oil'), ['monet', 'oil', 'cezanne']);
  assert.match(found.features, /^stand-in \(hashed words/);
  assert.equal(found, await chooseConcepts({ ...options, path: at('families.json') }));
});

pool('--exclude leaves concepts out before the clustering', async () => {
  const found = await chooseConcepts({ ...options, path: at('families.json'), exclude: ['night', 'oil'] });
  assert.is(found.poolSize, 5);
  assert.ok(found.chosen.every(({ name }) => name !== 'night' && name !== 'oil'));
});

pool('by CLIP: the features are named after the file', async () => {
  const path = await writeSmallClip(folder);
  const found = await chooseConcepts({
    ...options,
    path: at('families.json'),
    features: { kind: 'clip', path },
  });
  assert.match(found.features, /^CLIP text tower \(16 values, length 1\), clip\.safetensors, sha256/);
  assert.is(found.chosen.length, 3);
});

pool('what is no pool, or too small, is refused', async () => {
  const choose =
    (name: string, k = 3) =>
    () =>
      chooseConcepts({ ...options, path: at(name), k });
  await write('twice.json', [concept('a'), concept('a')]);
  await write('none.json', []);
  await writeFile(at('list.json'), '["a"]');
  await rejectsWith(choose('twice.json'), /twice\.json: the concept a comes twice/);
  await rejectsWith(choose('none.json'), /none\.json: it holds no concepts/);
  await rejectsWith(choose('list.json'), /list\.json: not a description of concepts/);
  await rejectsWith(choose('families.json', 8), /--k 8: .*families\.json has 7 concepts/);
  const exclude = { ...options, path: at('families.json'), exclude: ['x'] };
  await rejectsWith(() => chooseConcepts(exclude), /--exclude: .* has no concept x/);
  const inception = {
    ...options,
    path: at('families.json'),
    features: { kind: 'inception', path: 'x' },
  } as const;
  await rejectsWith(() => chooseConcepts(inception), /reads no prompts; give clip=FILE or stand-in/);
});

pool('the map: every concept a dot and a name, the chosen ones bold, names escaped', async () => {
  const svg = conceptMapSvg({
    names: ['<b>', 'x & y', 'z'],
    features: [
      [0, 0],
      [1, 0],
      [0, 5],
    ],
    clusters: [0, 0, 1],
    chosen: [1, 2],
    title: 'a "title"',
  });
  assert.is(svg.match(/<circle /g)!.length, 3);
  assert.is(svg.match(/<line /g)!.length, 1);
  assert.is(svg.match(/font-weight="bold"/g)!.length, 2);
  assert.match(svg, />&lt;b&gt;</);
  assert.match(svg, />x &amp; y</);
  assert.not.match(svg, /<b>|NaN/);
});

pool('base trains on the chosen scenes and keeps the choice and its map', async () => {
  await write('scenes.json', sceneConcepts.slice(0, 6));
  const args = ['--concepts', at('scenes.json'), '--scenes', '1', '--size', '24', '--steps', '1'];
  const { code, out, err } = await run('base', at('run'), ...args, '--k', '2');
  assert.is(code, 0, err);
  assert.match(out, /^2 of 6 concepts; features: stand-in/);
  const { concepts, features, seed } = JSON.parse(await readFile(at('run', 'concepts.json'), 'utf8'));
  assert.is(concepts.length, 2);
  assert.is(concepts.flatMap((c: { stands_for: string[] }) => c.stands_for).length, 6);
  assert.match(features, /^stand-in/);
  assert.is(seed, 1);
  const config = JSON.parse(await readFile(at('run', 'config.json'), 'utf8'));
  assert.equal(
    config.concepts,
    concepts.map((c: { name: string }) => c.name),
  );
  assert.match(await readFile(at('run', 'concepts.svg'), 'utf8'), /^<svg /);
  assert.match(await readFile(at('run', 'report.html'), 'utf8'), /2 of 6 concepts; features: stand-in/);
});

pool('chosen concepts without pairs are named; --k needs a pool', async () => {
  const refused = await run('base', at('no'), '--concepts', at('families.json'), '--k', '3');
  assertRefused(refused, 2, /no pairs of 2 chosen concepts \(oil, face\); make them \(e2gan distill\)/);
  assertRefused(await run('base', at('no'), '--k', '3'), 2, /--k: goes with a pool/);
});

pool.after(() => rm(folder, { recursive: true }));
pool.run();
