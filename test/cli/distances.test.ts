import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/cli/images/png.ts';
import { writeSafetensors } from '../../src/model/safetensors.ts';
import { standInPicture } from '../../src/model/stand_in.ts';
import { frechetDistance, gaussianOf } from '../../src/train/metrics/frechet.ts';
import { kernelDistance } from '../../src/train/metrics/kernel_distance.ts';
import { renderPair } from '../../src/train/scenes/scenes.ts';
import { readReference } from '../model/reference/read_reference.ts';
import { assertRefused, run } from './run_program.ts';
import { writeSmallClip } from './small_clip.ts';
import { writeSmallAdapter, writeSmallBase } from './small_model.ts';

// evaluate --fid, --kid and --features.
const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
const at = (...names: string[]): string => join(folder, ...names);
const PAIRS = 6;
const INCEPTION = at('inception.safetensors');
const pairs = Array.from({ length: PAIRS }, (_, i) => renderPair(i, 32, 'autumn'));

await mkdir(at('pairs', 'input'), { recursive: true });
await mkdir(at('pairs', 'output'));
for (const [i, { input, target }] of pairs.entries()) {
  await writeFile(at('pairs', 'input', `${i}.png`), encodePng(input));
  await writeFile(at('pairs', 'output', `${i}.png`), encodePng(target));
}
const base = await writeSmallBase(folder);
await writeSmallAdapter(at('adapter'), 'of another base');
const { weights } = await readReference('model', 'inception');
await writeFile(INCEPTION, writeSafetensors(weights));
const clip = await writeSmallClip(folder);
const evaluate = (...args: string[]) =>
  run('evaluate', at('pairs'), '--base', base, '--prompt', 'autumn', '--size', '32', ...args);
async function report(...args: string[]) {
  const { code, out, err } = await evaluate('--json', ...args);
  assert.is(code, 0, err);
  return JSON.parse(out);
}

const distances = suite('distances');

distances('the stand-in is the default: both distances of the pictures, its name and the count', async () => {
  const { distances: found } = await report('--fid', '--kid', '--force');
  assert.match(found.features, /^stand-in \(.*64 values; no trained network\)$/);
  assert.equal([found.samples, found.forced], [PAIRS, true]);
  const [inputs, targets] = (['input', 'target'] as const).map((role) =>
    pairs.map((pair) => standInPicture(pair[role])),
  );
  const fid = frechetDistance(gaussianOf(targets!, true), gaussianOf(inputs!, true));
  assert.is(found.fid.input, fid);
  const kid = kernelDistance(inputs!, targets!, { seed: 1 });
  assert.equal(found.kid.values.input, { value: kid.value, standard_error: kid.standardError });
  assert.equal([found.kid.subsets, found.kid.subset_size, found.kid.seed], [100, 3, 1]);
  assert.equal(Object.keys(found.fid), ['input', 'base']);
  assert.is.not(found.fid.base, found.fid.input);
});

distances('too few pairs are refused before any work, --force or --kid is the remedy', async () => {
  assertRefused(
    await evaluate('--fid'),
    2,
    /--fid: 6 pairs are fewer than the 64 values .*stand-in.*--kid, or add --force/,
  );
  assertRefused(await evaluate('--kid', '--held-out', '3'), 2, /--kid: needs 4 pairs or more, there are 3/);
});

distances('Inception: FID of its features, and the file is named with its checksum', async () => {
  const { distances: found } = await report('--kid', '--features', `inception=${INCEPTION}`);
  assert.match(
    found.features,
    /^Inception-V3 pool3 \(128 values; FID weights.*\), inception\.safetensors, sha256 [0-9a-f]{12}$/,
  );
  assert.equal(Object.keys(found), ['features', 'samples', 'kid']);
  assert.ok(Number.isFinite(found.kid.values.base.value));
});

distances('CLIP: distances and the direction score of base and edits', async () => {
  const args = ['--kid', '--features', `clip=${clip}`, '--adapter', at('adapter')];
  const { distances: found } = await report(...args);
  assert.match(found.features, /^CLIP image tower \(32x32, 16 values, length 1\), clip\.safetensors/);
  assert.equal([found.direction.source_prompt, found.direction.prompt], ['a photo', 'autumn']);
  const { base: plain, edited, input } = found.direction.values;
  assert.is(input, undefined);
  for (const score of [plain, edited]) assert.ok(score >= -1 && score <= 1 && score !== 0, String(score));
  assert.is.not(plain, edited);
  assert.equal(Object.keys(found.kid.values), ['input', 'base', 'edited']);
});

distances('as tables: every number with its n, the features in words', async () => {
  const { out, code } = await evaluate('--fid', '--kid', '--force');
  assert.is(code, 0);
  assert.match(out, /features: stand-in \(.*n = 6 pictures of each kind/);
  assert.match(out, /FID is too large/);
  assert.match(out, /untouched input +│ +\d+\.\d+ +│ +-?\d+\.\d+ ± \d+\.\d+ +│ +6 /);
});

distances('without --fid, --kid or CLIP there are no distances', async () => {
  assert.is((await report()).distances, undefined);
});

distances('features that cannot be had are refused by name', async () => {
  assertRefused(
    await evaluate('--kid', '--features', 'dino=x'),
    2,
    /--features.*clip=FILE, inception=FILE or stand-in/,
  );
  assertRefused(
    await evaluate('--kid', '--features', 'clip=absent.st'),
    1,
    /absent\.st: cannot read it: no such file/,
  );
  assertRefused(
    await evaluate('--kid', '--features', `clip=${INCEPTION}`),
    1,
    /inception\.safetensors: .*not CLIP/,
  );
  assertRefused(
    await evaluate('--kid', '--features', `inception=${clip}`),
    1,
    /clip\.safetensors: .*not Inception-V3/,
  );
});

distances.after(() => rm(folder, { recursive: true }));
distances.run();
