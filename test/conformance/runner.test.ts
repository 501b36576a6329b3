import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { writeSafetensors } from '../../src/model/safetensors.ts';
import { withFolder } from '../cli/scratch.ts';
import { check } from './compare.ts';
import { layout, toFile, toRuntime } from './layouts.ts';
import { runConformance } from './runner.ts';

const BARS = { bar_rel_l2: 1e-5, bar_max_rms: 1e-4 };
const RELU = { op: 'relu', file: 'relu.safetensors', attrs: {}, diff: ['x'] };
const OUTPUTS = { 'out.y': BARS, 'grad.x': BARS };

/** relu of six values, right but for the gradient of `wrong.safetensors`. */
const CASES = [
  { ...RELU, name: 'right', outputs: OUTPUTS },
  { ...RELU, name: 'wrong', file: 'wrong.safetensors', outputs: OUTPUTS },
  { ...RELU, name: 'strange', op: 'fold', outputs: OUTPUTS },
  { ...RELU, name: 'option', attrs: { inplace: true }, outputs: OUTPUTS },
  { ...RELU, name: 'odd', diff: ['z'], outputs: OUTPUTS },
];

function vectors(gradient: readonly number[]): Uint8Array {
  const tensor = (values: readonly number[]) => ({
    dtype: 'F32' as const,
    shape: [2, 3],
    data: Float32Array.from(values),
  });
  return writeSafetensors(
    new Map([
      ['in.x', tensor([-1, 2, -3, 4, 5, -6])],
      ['gout.y', tensor([1, 2, 3, 4, 5, 6])],
      ['out.y', tensor([0, 2, 0, 4, 5, 0])],
      ['grad.x', tensor(gradient)],
    ]),
  );
}

async function withVectors(work: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await writeFile(join(folder, 'index_ops.json'), JSON.stringify({ cases: CASES }));
    await writeFile(join(folder, 'relu.safetensors'), vectors([0, 2, 0, 4, 5, 0]));
    await writeFile(join(folder, 'wrong.safetensors'), vectors([0, 2, 0, 4, 5.1, 0]));
    await work(folder);
  });
}

async function run(...args: string[]): Promise<{ code: number; out: string[]; error: string[] }> {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await runConformance(args, { out: (l) => out.push(l), error: (l) => error.push(l) });
  return { code, out, error };
}

test('a line per case, then the counts', () =>
  withVectors(async (folder) => {
    const { code, out, error } = await run(folder);
    assert.is(code, 1);
    assert.equal(error, []);
    assert.match(out[0]!, /^right +pass +0\.0/);
    assert.match(out[1]!, /^wrong +fail +1\.5e\+3 +grad\.x$/);
    assert.match(out[2]!, /^strange +skip +- +unsupported op fold$/);
    assert.match(out[3]!, /^option +skip +- +unsupported.*inplace/);
    assert.match(out[4]!, /^odd +fail +- +\S/);
    assert.is(out[5], '1 passed, 2 failed, 2 skipped');
    assert.is(out.length, 6);
  }));

test('a filter, and a forced family', () =>
  withVectors(async (folder) => {
    const { code, out } = await run(folder, '--filter', 'rig', '--family', 'plain');
    assert.is(code, 0);
    assert.is(out.at(-1), '1 passed, 0 failed, 0 skipped');
  }));

test('wrong usage, missing and broken files: one line, exit code 2', () =>
  withVectors(async (folder) => {
    const refused = async (message: RegExp, ...args: string[]) => {
      const { code, error } = await run(...args);
      assert.is(code, 2, String(message));
      assert.is(error.length, 1);
      assert.match(error[0]!, message);
      assert.not.match(error[0]!, /\n/);
    };
    await refused(/missing required argument/);
    await refused(/--family/, folder, '--family', 'many');
    await refused(/no case has "zebra"/, folder, '--filter', 'zebra');
    await refused(/no index_ops\.json/, join(folder, 'absent'));
    await rm(join(folder, 'relu.safetensors'));
    await refused(/relu\.safetensors: cannot read it: no such file/, folder, '--filter', 'right');
    await writeFile(join(folder, 'relu.safetensors'), 'short');
    await refused(/relu\.safetensors: /, folder, '--filter', 'right');
    await writeFile(join(folder, 'index_ops.json'), '{"cases": [');
    await refused(/index_ops\.json: .*JSON/, folder);
  }));

test('values that are no numbers must be where the reference has them', () => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
  assert.is(check('y', [1, nan, inf], [1, nan, inf], BARS).ratio, 0);
  assert.is(check('y', [1, nan], [1, 1], BARS).ratio, inf);
  assert.is(check('y', [1, -inf], [1, inf], BARS).ratio, inf);
  assert.is(check('y', [1, 1], [1, nan], BARS).ratio, inf);
  assert.is(check('y', [0, 1e-5], [0, 0], { bar_max_abs: 1e-4 }).ratio, 0.1);
});

test('layouts move axes, join them, and lead back', () => {
  const placed = { shape: [1, 2, 3, 2], layout: layout('b h l d', 'b l (h d)') };
  const data = Array.from({ length: 12 }, (_, i) => i);
  const moved = toRuntime({ ...placed, data });
  assert.equal([...moved], [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
  assert.equal([...toFile(placed, moved)], data);
});

test.run();
