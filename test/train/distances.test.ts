import { readFile } from 'node:fs/promises';
import { Matrix } from 'ml-matrix';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readSafetensors, type Safetensors } from '../../src/model/safetensors.ts';
import { directionScore } from '../../src/train/metrics/direction_score.ts';
import {
  frechetDistance,
  gaussianOf,
  symmetricRoot,
  TooFewSamples,
} from '../../src/train/metrics/frechet.ts';
import { kernelDistance, polynomialMmd } from '../../src/train/metrics/kernel_distance.ts';
import { Random } from '../../src/train/random.ts';

let reference: Safetensors;
test.before(async () => {
  reference = readSafetensors(await readFile('test/train/reference/metrics.safetensors'));
});

function rows(name: string): number[][] {
  const { shape, data } = reference.tensors.get(name)!;
  const [n, d] = shape as [number, number];
  return Array.from({ length: n }, (_, i) => [...data.subarray(i * d, (i + 1) * d)]);
}

const expected = (what: string) => Number(reference.metadata.get(what));
const near = (got: number, wanted: number, relative: number) =>
  assert.ok(Math.abs(got - wanted) <= relative * Math.abs(wanted), `${got} is not ${wanted}`);

const normal = (random: Random, n: number, d: number, shift = 0) =>
  Array.from({ length: n }, () => Array.from({ length: d }, () => random.normal() + shift));

for (const name of ['plain', 'wide', 'rectified', 'scaled', 'near']) {
  test(`Fréchet distance of "${name}" is SciPy's to 1e-6`, () => {
    const [a, b] = [gaussianOf(rows(`${name}.a`)), gaussianOf(rows(`${name}.b`))];
    near(frechetDistance(a, b), expected(`fid.${name}`), 1e-6);
    near(frechetDistance(b, a), expected(`fid.${name}`), 1e-6);
  });
}

for (const name of ['few', 'flat']) {
  test(`Fréchet distance of "${name}", whose covariances are singular, is the reference's to 1e-3`, () => {
    const [a, b] = ['a', 'b'].map((set) => gaussianOf(rows(`${name}.${set}`), true));
    near(frechetDistance(a!, b!), expected(`fid.${name}`), 1e-3);
  });
}

for (const name of ['plain', 'wide', 'rectified', 'scaled', 'near', 'few', 'flat']) {
  test(`kernel distance of "${name}" is NumPy's to 1e-6`, () => {
    near(polynomialMmd(rows(`${name}.a`), rows(`${name}.b`)), expected(`mmd.${name}`), 1e-6);
  });
}

test('distance of Gaussians in closed form: diagonal covariances', () => {
  const gaussian = (mean: number[], variances: number[]) => ({
    samples: 10,
    mean: Float64Array.from(mean),
    covariance: Matrix.diag(variances),
  });
  const d = frechetDistance(gaussian([0, 1, 0], [1, 4, 0]), gaussian([3, 1, 0], [9, 4, 2]));
  near(d, 9 + 4 + 0 + 2, 1e-9);
});

test('a set is at distance 0 of itself, never below, also where its covariance is singular', () => {
  for (const [name, force] of [
    ['plain', false],
    ['few', true],
  ] as const) {
    const a = gaussianOf(rows(`${name}.a`), force);
    const d = frechetDistance(a, a);
    assert.ok(d >= 0 && d < 1e-6, String(d));
  }
});

test('the root of a matrix squared is the matrix; what is negative by rounding counts as 0', () => {
  const { covariance } = gaussianOf(rows('flat.a'));
  const root = symmetricRoot(covariance);
  assert.ok(Matrix.sub(root.mmul(root), covariance).norm() < 1e-9);
  assert.equal(
    symmetricRoot(
      new Matrix([
        [4, 0],
        [0, -1e-17],
      ]),
    ).to2DArray(),
    [
      [2, 0],
      [0, 0],
    ],
  );
});

test('too few samples, uneven rows and NaN are refused', () => {
  const few = rows('few.a');
  assert.throws(
    () => gaussianOf(few),
    (e: unknown) => e instanceof TooFewSamples && /^9 samples .* 24 values/.test(e.message),
  );
  assert.throws(() => gaussianOf(few.slice(0, 1), true), /needs 2 samples/);
  assert.throws(() => gaussianOf([[1, 2], [3]]), /feature 1 is not 2 finite values/);
  assert.throws(() => gaussianOf([[1], [Number.NaN], [2]]), /feature 1/);
  assert.throws(
    () =>
      frechetDistance(
        gaussianOf([[1], [2]]),
        gaussianOf([
          [1, 2],
          [2, 1],
        ]),
      ),
    /no distance/,
  );
  assert.throws(() => polynomialMmd([[1]], [[2]]), /needs 2 samples or more/);
  assert.throws(() => kernelDistance(few.slice(0, 3), few, { seed: 1 }), /4 samples or more, there are 3/);
});

test('KID is the mean over subsets: the same for a seed, near the whole, half of the samples in each', () => {
  const [a, b] = [rows('wide.a'), rows('wide.b')];
  const kid = kernelDistance(a, b, { seed: 3 });
  assert.equal(kid, kernelDistance(a, b, { seed: 3 }));
  assert.equal([kid.subsets, kid.subsetSize], [100, 90]);
  assert.ok(Math.abs(kid.value - expected('mmd.wide')) < kid.standardError, JSON.stringify(kid));
  assert.is.not(kid.value, kernelDistance(a, b, { seed: 4 }).value);
});

test('the standard error is what estimates from fresh samples vary by', () => {
  for (const subsetSize of [20, 10]) {
    const random = new Random(5);
    const found = Array.from({ length: 200 }, () =>
      kernelDistance(normal(random, 40, 3), normal(random, 40, 3, 0.7), { seed: 1, subsets: 40, subsetSize }),
    );
    const mean = (values: number[]) => values.reduce((x, y) => x + y, 0) / values.length;
    const value = mean(found.map((f) => f.value));
    const deviation = Math.sqrt(mean(found.map((f) => (f.value - value) ** 2)));
    const claimed = Math.sqrt(mean(found.map((f) => f.standardError ** 2)));
    assert.ok(Math.abs(claimed / deviation - 1) < 0.25, `${claimed} is claimed, ${deviation} is found`);
  }
});

test('direction score by hand', () => {
  const prompt = { source: [0, 1, 0], edited: [0, 0, 1] };
  near(directionScore({ source: [1, 1, 0], edited: [1, 0, 1] }, prompt), 1, 1e-12);
  near(directionScore({ source: [0, 0, 0], edited: [1, 0, 1] }, prompt), 0.5, 1e-12);
  near(directionScore({ source: [0, 0, 1], edited: [0, 1, 0] }, prompt), -1, 1e-12);
  assert.is(directionScore({ source: [1, 1, 1], edited: [1, 1, 1] }, prompt), 0);
  assert.throws(() => directionScore({ source: [1], edited: [2] }, prompt), /share no space/);
});

test.run();
