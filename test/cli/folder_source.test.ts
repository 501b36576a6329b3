import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pair } from '../../src/cli/data/pair.ts';
import {
  folderSource,
  loadSquares,
  pairsOfConcept,
  splitPairs,
  tolerantSource,
} from '../../src/cli/folder_source.ts';
import { hashedPrompt } from '../../src/model/text.ts';
import { rejectsWith, withFolder } from './scratch.ts';
import { writeNoise } from './small_model.ts';

const pair = (name: string, rest: Partial<Pair> = {}): Pair => ({
  input: `in/${name}`,
  target: `out/${name}`,
  ...rest,
});
const names = (pairs: readonly Pair[]): string[] => pairs.map(({ target }) => target);

/** Pairs of noise on disk, `count` of them, 20x16 pixels. */
async function writePairs(folder: string, count: number, rest: Partial<Pair> = {}): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) {
    const made = { input: join(folder, `in${i}.png`), target: join(folder, `out${i}.png`), ...rest };
    await writeNoise(made.input, 20, 16);
    await writeNoise(made.target, 20, 16);
    pairs.push(made);
  }
  return pairs;
}

test('named splits are held out, whatever number is asked for', () => {
  const pairs = [pair('1', { split: 'train' }), pair('2', { split: 'val' }), pair('3', { split: 'test' })];
  const { train, heldOut } = splitPairs(pairs, 1);
  assert.equal([names(train), names(heldOut)], [['out/1'], ['out/2', 'out/3']]);
});

test('without splits the last of each concept are held out, in order', () => {
  const pairs = ['1', '2', '3'].map((name) => pair(name));
  assert.equal(names(splitPairs(pairs, 2).heldOut), ['out/2', 'out/3']);
  assert.equal(splitPairs(pairs, 0), { train: pairs, heldOut: [] });
  assert.equal(splitPairs(pairs, 5), { train: [], heldOut: pairs });
  const concepts = [pair('a1', { concept: 'a' }), pair('a2', { concept: 'a' }), pair('b1', { concept: 'b' })];
  assert.equal(names(splitPairs(concepts, 1).heldOut), ['out/a2', 'out/b1']);
});

test('pairs of a concept; the name is needed where there are several', async () => {
  const pairs = [pair('1', { concept: 'ink' }), pair('2', { concept: 'snow' })];
  assert.equal(names(pairsOfConcept(pairs, 'snow')), ['out/2']);
  assert.equal(pairsOfConcept([pair('1')], undefined).length, 1);
  await rejectsWith(() => pairsOfConcept(pairs, undefined), /--concept: .*several \(ink, snow\)/);
  await rejectsWith(() => pairsOfConcept(pairs, 'rain'), /no concept rain; there are ink, snow/);
  await rejectsWith(() => pairsOfConcept([pair('1')], 'rain'), /it names no concepts/);
});

test('both pictures become squares alike, with the prompt that belongs to them', async () => {
  await withFolder(async (folder) => {
    const [first] = await writePairs(folder, 1, { prompt: 'an ink drawing', concept: 'ink' });
    const same = { ...first!, target: first!.input };
    const { input, target } = await loadSquares(same, 12);
    assert.equal([input.width, input.height], [12, 12]);
    assert.equal(input, target);
    const own = await folderSource({ pairs: [first!], size: 8, contextWidth: 4 }).load(0);
    assert.equal(own.context, hashedPrompt('an ink drawing', 4));
    const given = await folderSource({ pairs: [first!], size: 8, contextWidth: 4, prompt: 'snow' }).load(0);
    assert.equal(given.context, hashedPrompt('snow', 4));
  });
});

test('a pair that was read stays in memory; one of two sizes is refused', async () => {
  await withFolder(async (folder) => {
    const [kept, gone] = await writePairs(folder, 2);
    const source = folderSource({ pairs: [kept!, gone!], size: 8, contextWidth: 4 });
    const before = await source.load(0);
    await rm(kept!.input);
    assert.is(await source.load(0), before);
    await writeNoise(gone!.target, 24, 16);
    await rejectsWith(() => source.load(1), /out1\.png: a pair needs .* one size, .* 20x16 and 24x16/);
  });
});

test('a file that vanishes is replaced by the next pair and told once', async () => {
  await withFolder(async (folder) => {
    const pairs = await writePairs(folder, 3);
    const lines: string[] = [];
    const source = tolerantSource(folderSource({ pairs, size: 8, contextWidth: 4 }), (line) =>
      lines.push(line),
    );
    await rm(pairs[2]!.target);
    const first = await source.load(0);
    assert.is(await source.load(2), first);
    assert.is(await source.load(2), first);
    assert.is(lines.length, 1);
    assert.match(lines[0]!, /out2\.png: .*no such file.*left out \(1 of 3 pairs so far\)/);
  });
});

test('where no pair is left, that is an error', async () => {
  await withFolder(async (folder) => {
    const pairs = await writePairs(folder, 2);
    const source = tolerantSource(folderSource({ pairs, size: 8, contextWidth: 4 }), () => {});
    for (const { input } of pairs) await rm(input);
    await rejectsWith(() => source.load(0), /none of the 2 pairs can be read/);
  });
});

test.run();
