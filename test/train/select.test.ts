import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { planeOf } from '../../src/train/projection.ts';
import { Random } from '../../src/train/random.ts';
import { clusterFeatures, nearestToCentres, randomIndices } from '../../src/train/select.ts';

const CENTRES = [
  [0, 0, 0],
  [10, 0, 0],
  [0, 10, 0],
  [0, 0, 10],
  [10, 10, 10],
];
/** Ten features about each of five centres, interleaved. */
const blobs = (() => {
  const random = new Random('blobs');
  return Array.from({ length: 50 }, (_, i) => CENTRES[i % 5]!.map((c) => c + random.normal()));
})();

test('k-means finds the blobs, and the centres are the means of their members', () => {
  const { of, centres, inertia } = clusterFeatures(blobs, 5, 1);
  for (let i = 5; i < 50; i++) assert.is(of[i], of[i % 5]);
  assert.is(new Set(of).size, 5);
  for (const [c, centre] of centres.entries()) {
    const members = blobs.filter((_, i) => of[i] === c);
    for (const [d, value] of centre.entries()) {
      const mean = members.reduce((sum, m) => sum + m[d]!, 0) / members.length;
      assert.ok(Math.abs(value - mean) < 1e-9);
    }
  }
  const direct = blobs.reduce(
    (sum, row, i) => sum + row.reduce((s, v, d) => s + (v - centres[of[i]!]![d]!) ** 2, 0),
    0,
  );
  assert.ok(Math.abs(inertia - direct) < 1e-9);
});

test('the same seed gives the same clusters; no seed a much worse optimum', () => {
  const noise = Array.from({ length: 80 }, (_, i) => [
    ...CENTRES[i % 5]!.map((c, d) => c / 8 + new Random(`${i} ${d}`).normal()),
  ]);
  const found = [1, 2, 3].map((seed) => clusterFeatures(noise, 8, seed));
  assert.equal(found[0], clusterFeatures(noise, 8, 1));
  const inertias = found.map((f) => f.inertia);
  assert.ok(Math.max(...inertias) < 1.05 * Math.min(...inertias), String(inertias));
});

test('the nearest to each centre, one of each cluster, in order', () => {
  const clusters = clusterFeatures(blobs, 5, 1);
  const chosen = nearestToCentres(blobs, clusters);
  assert.is(chosen.length, 5);
  assert.equal(
    chosen,
    [...chosen].sort((a, b) => a - b),
  );
  const distance = (i: number) =>
    Math.hypot(...blobs[i]!.map((v, d) => v - clusters.centres[clusters.of[i]!]![d]!));
  for (const i of chosen)
    for (let j = 0; j < 50; j++) if (clusters.of[j] === clusters.of[i]) assert.ok(distance(i) <= distance(j));
});

test('by hand, and with equal features: as many clusters as are distinct, the first of equals', () => {
  const rows = [[0], [1], [2], [10], [11], [15]];
  const clusters = clusterFeatures(rows, 2, 4);
  assert.equal(nearestToCentres(rows, clusters), [1, 4]);
  const equal = [[3], [5], [3], [5], [3]];
  assert.equal(nearestToCentres(equal, clusterFeatures(equal, 4, 1)), [0, 1]);
  assert.equal(nearestToCentres(equal, clusterFeatures(equal, 1, 1)), [0]);
  assert.equal(nearestToCentres(rows, clusterFeatures(rows, 6, 1)), [0, 1, 2, 3, 4, 5]);
});

test('numbers that make no clusters are refused', () => {
  assert.throws(() => clusterFeatures(blobs, 51, 1), /50 features cannot make 51 clusters/);
  assert.throws(() => clusterFeatures([], 1, 1), /0 features/);
  assert.throws(() => clusterFeatures([[1], [Number.NaN]], 1, 1), /feature 1 is not 1 finite values/);
});

test('a random pick: distinct, in order, the same for a seed', () => {
  const pick = randomIndices(30, 8, 2);
  assert.is(new Set(pick).size, 8);
  assert.equal(
    pick,
    [...pick].sort((a, b) => a - b),
  );
  assert.equal(pick, randomIndices(30, 8, 2));
  assert.not.equal(pick, randomIndices(30, 8, 3));
  assert.equal(randomIndices(3, 8, 2), [0, 1, 2]);
});

test('two principal axes keep distances where features lie in a plane', () => {
  const random = new Random(3);
  const points = Array.from({ length: 12 }, () => [4 * random.normal(), random.normal()] as const);
  const [u, v] = [
    [0.6, 0.8, 0, 0],
    [0, 0, 0.28, 0.96],
  ];
  const rows = points.map(([x, y]) => u!.map((a, d) => 7 + x * a + y * v![d]!));
  const plane = planeOf(rows);
  for (let i = 0; i < 12; i++)
    for (let j = 0; j < 12; j++) {
      const wide = Math.hypot(points[i]![0] - points[j]![0], points[i]![1] - points[j]![1]);
      const flat = Math.hypot(plane[i]![0] - plane[j]![0], plane[i]![1] - plane[j]![1]);
      assert.ok(Math.abs(wide - flat) < 1e-9);
    }
  const spread = (axis: 0 | 1) => plane.reduce((sum, p) => sum + p[axis] ** 2, 0);
  assert.ok(spread(0) > spread(1));
  assert.equal(planeOf([[1, 2]]), [[0, 0]]);
});

test.run();
