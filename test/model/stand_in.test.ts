import { createHash } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Picture } from '../../src/model/picture.ts';
import { STAND_IN_DIMENSIONS, standInPicture, standInPrompt } from '../../src/model/stand_in.ts';
import { renderPair } from '../../src/train/scenes/scenes.ts';

const flat = (r: number, g: number, b: number, side = 64): Picture => ({
  width: side,
  height: side,
  rgb: Uint8Array.from({ length: side * side * 3 }, (_, i) => [r, g, b][i % 3]!),
});
const near = (got: ArrayLike<number>, expected: readonly number[]) =>
  assert.ok(
    expected.every((v, i) => Math.abs(got[i]! - v) < 1e-6),
    `${Array.from(got)} is not ${expected}`,
  );
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((v, i) => v - b[i]!));

test('statistics of a flat picture by hand: colour, light, no edges', () => {
  const feature = standInPicture(flat(255, 0, 51));
  assert.is(feature.length, STAND_IN_DIMENSIONS);
  near(feature.slice(0, 8), [1, 0, 0, 0, 0.2, 0, 1, 0]);
  const light = 7 * (0.299 + 0.2 * 0.114);
  near(feature.slice(8, 16), [0, 0, 3 - light, light - 2, 0, 0, 0, 0]);
  near(feature.slice(16, 24), Array(8).fill(0));
});

test('edges are told by direction', () => {
  const ramp = (value: (x: number, y: number) => number): Picture => ({
    ...flat(0, 0, 0),
    rgb: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) =>
      value(Math.floor(i / 3) % 64, Math.floor(i / 192)),
    ),
  });
  const octants = (picture: Picture) => [...standInPicture(picture).slice(16, 24)].map((v) => v > 0.01);
  const only = (at: number) => Array.from({ length: 8 }, (_, i) => i === at);
  assert.equal(octants(ramp((x) => 4 * x)), only(0));
  assert.equal(octants(ramp((_, y) => 4 * y)), only(1));
  assert.equal(octants(ramp((x) => 252 - 4 * x)), only(2));
  assert.equal(octants(ramp((_, y) => 252 - 4 * y)), only(5));
});

test('size hardly matters, small pictures work', () => {
  const at = (size: number) => standInPicture(renderPair(3, size, 'autumn').target);
  assert.ok(distance(at(128), at(64)) < 0.25 * distance(at(128), standInPicture(flat(90, 90, 90))));
  near(standInPicture(flat(10, 20, 30, 5)), [...standInPicture(flat(10, 20, 30, 64))]);
});

test('pictures of one concept lie closer than those of another', () => {
  const of = (concept: string) =>
    [1, 2, 3, 4].map((seed) => standInPicture(renderPair(seed, 64, concept).target));
  const [autumn, night] = [of('autumn'), of('night')];
  const mean = (pairs: number[]) => pairs.reduce((a, b) => a + b, 0) / pairs.length;
  const within = mean(autumn.slice(1).map((f, i) => distance(f, autumn[i]!)));
  const between = mean(autumn.map((f, i) => distance(f, night[i]!)));
  assert.ok(between > 1.5 * within, `${between} against ${within}`);
});

test('the feature is pinned: the same bits on every machine', () => {
  const feature = standInPicture(renderPair(7, 48, 'autumn').target);
  const hash = createHash('sha256').update(new Uint8Array(feature.buffer)).digest('hex');
  assert.is(hash.slice(0, 16), '8dc8c61bb6f575e9');
});

test('prompts are of length 1, alike where they share words', () => {
  const dot = (a: string, b: string) => {
    const [p, q] = [standInPrompt(a), standInPrompt(b)];
    return p.reduce((sum, v, i) => sum + v * q[i]!, 0);
  };
  assert.ok(Math.abs(dot('an oil painting', 'an oil painting') - 1) < 1e-5);
  assert.ok(dot('an oil painting', 'an ink painting') > 0.5);
  assert.ok(Math.abs(dot('an oil painting', 'zombies')) < 0.2);
  assert.ok(standInPrompt(' ! ').every((v) => v === 0));
});

test.run();
