import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodePng } from '../../src/cli/images/png.ts';
import { pickPairs } from '../../src/cli/pick.ts';
import { standInPicture } from '../../src/model/stand_in.ts';
import type { PairSource } from '../../src/train/loop.ts';
import { renderPair } from '../../src/train/scenes/scenes.ts';
import { assertRefused, run } from './run_program.ts';
import { rejectsWith } from './scratch.ts';
import { writeSmallBase } from './small_model.ts';

// Training on part of the pairs: finetune --pairs.
const CONCEPTS = ['night', 'snow', 'lava'];
const SEEDS = [1, 2, 3, 4];
/** Four scenes under each of three looks: three obvious clusters of targets. */
const pairs = SEEDS.flatMap((seed) => CONCEPTS.map((concept) => renderPair(seed, 32, concept)));
const source: PairSource = {
  count: pairs.length,
  load: (i) => ({ ...pairs[i]!, context: Float32Array.of(i) }),
};
const standIn = { features: { kind: 'stand-in' } } as const;

async function indicesOf(picked: PairSource): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < picked.count; i++) found.push((await picked.load(i)).context[0]!);
  return found;
}

const pick = suite('pick');

pick('cluster keeps one pair of each look, the one nearest to the mean of its look', async () => {
  const options = { ...standIn, pairs: 3, pick: 'cluster' } as const;
  const { source: picked, about, note } = await pickPairs(source, options, 1);
  const indices = await indicesOf(picked);
  assert.equal(indices.map((i) => i % 3).sort(), [0, 1, 2]);
  const unit = (i: number) => {
    const feature = standInPicture(pairs[i]!.target);
    const length = Math.hypot(...feature);
    return [...feature].map((v) => v / length);
  };
  for (const chosen of indices) {
    const look = [0, 3, 6, 9].map((i) => i + (chosen % 3));
    const mean = unit(0).map((_, d) => look.reduce((sum, i) => sum + unit(i)[d]! / 4, 0));
    const distance = (i: number) => Math.hypot(...unit(i).map((v, d) => v - mean[d]!));
    const nearest = look.reduce((best, i) => (distance(i) < distance(best) ? i : best));
    assert.is(chosen, nearest);
  }
  assert.match(about.features!, /^stand-in/);
  assert.match(note!, /^3 of 12 pairs, nearest to the centres .*features: stand-in/);
  assert.equal(await indicesOf((await pickPairs(source, options, 1)).source), indices);
});

pick('random needs no features; without --pairs nothing is picked', async () => {
  const { source: picked, about } = await pickPairs(source, { ...standIn, pairs: 5, pick: 'random' }, 4);
  assert.equal(about, { pairs: 5, pick: 'random' });
  assert.is(new Set(await indicesOf(picked)).size, 5);
  const whole = await pickPairs(source, { ...standIn, pick: 'cluster' }, 1);
  assert.equal([whole.source, whole.about, whole.note], [source, {}, null]);
});

pick('more pairs than there are is refused', async () => {
  await rejectsWith(
    () => pickPairs(source, { ...standIn, pairs: 13, pick: 'cluster' }, 1),
    /--pairs 13: there are 12/,
  );
});

pick('finetune tells what it picked, in words, in config.json and in the adapter', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'e2gan-test-'));
  const at = (...names: string[]): string => join(folder, ...names);
  await mkdir(at('data', 'input'), { recursive: true });
  await mkdir(at('data', 'output'));
  for (const [i, { input, target }] of pairs.entries()) {
    await writeFile(at('data', 'input', `${i}.png`), encodePng(input));
    await writeFile(at('data', 'output', `${i}.png`), encodePng(target));
  }
  await writeFile(at('data', 'output', '11.png'), 'broken');
  const base = await writeSmallBase(folder);
  const common = ['--data', at('data'), '--base', base, '--size', '24', '--steps', '1'];
  const args = ['--ranks', 'down2=1', ...common];
  const { code, out, err } = await run('finetune', at('run'), ...args, '--pairs', '3');
  assert.is(code, 0, err);
  assert.match(out, /^3 of 12 pairs, nearest .*features: stand-in/);
  assert.match(err, /11\.png.*; left out/);
  const config = JSON.parse(await readFile(at('run', 'config.json'), 'utf8'));
  assert.equal([config.pairs, config.pick], [3, 'cluster']);
  assert.match(config.features, /^stand-in/);
  const report = await readFile(at('run', 'report.html'), 'utf8');
  assert.match(report, /stand-in \(colour/);
  const adapter = (await readFile(at('run', 'adapter_model.safetensors'))).toString('latin1');
  assert.match(adapter, /"e2gan.train_pairs":"3"/);
  assertRefused(await run('finetune', at('other'), ...args, '--pairs', '13'), 2, /--pairs 13: there are 12/);
  assertRefused(await run('finetune', at('run'), ...args), 2, /other settings \(.*pairs: 3 -> not set/);
  await rm(folder, { recursive: true });
});

pick.run();
