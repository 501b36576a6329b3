import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Random } from '../../src/train/random.ts';

function draw<T>(count: number, next: () => T): T[] {
  return Array.from({ length: count }, next);
}

test('the same numbers on every machine', () => {
  const random = new Random(42);
  assert.equal(
    draw(3, () => random.next()),
    [0.7344831250121479, 0.0032400327200691192, 0.5162119635529772],
  );
  assert.equal(
    draw(3, () => random.normal()),
    [-0.3026860030708304, 0.26504588297642107, -1.0033531284052426],
  );
  assert.equal(random.shuffle([...'abcdefgh']).join(''), 'hadgebcf');
  assert.equal(
    draw(5, () => random.integer(10 ** 12)),
    [279995668388, 534460773953, 331060679600, 558209898110, 40347982543],
  );
  assert.equal(random.fork('epoch 3').next(), 0.8937448206019154);
});

test('seeds, spellings and forks', () => {
  const first = (random: Random) => random.next();
  assert.is(first(new Random(7)), first(new Random('7')));
  const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, '', 'a', 'b'];
  assert.is(new Set(seeds.map((seed) => first(new Random(seed)))).size, seeds.length);
  const random = new Random(7);
  const before = random.fork('batches').next();
  draw(100, () => random.next());
  assert.is(random.fork('batches').next(), before);
  assert.is.not(random.fork('weights').next(), before);
  assert.is.not(random.fork('a').fork('b').next(), random.fork('b').fork('a').next());
});

test('restored through JSON it goes on as if never stopped', () => {
  const random = new Random('run').fork('batches');
  draw(1000, () => random.normal());
  const restored = Random.restore(JSON.parse(JSON.stringify(random.state)));
  assert.equal(
    draw(1000, () => restored.normal()),
    draw(1000, () => random.normal()),
  );
  assert.equal(restored.state, random.state);
  assert.is(restored.fork('x').next(), random.fork('x').next());
});

test('bad states are refused', () => {
  const bad = [null, 7, {}, { seed: 'a' }, { seed: 1, words: [1, 2, 3, 4] }, { seed: 'a', words: [1, 2, 3] }];
  const badWords = [
    [0, 0, 0, 0],
    [1, 2, 3, 0.5],
    [1, 2, 3, 2 ** 31],
    [1, 2, 3, '4'],
  ].map((words) => ({ seed: 'a', words }));
  for (const state of [...bad, ...badWords]) {
    assert.throws(
      () => Random.restore(state),
      /not the state of a random number generator/,
      JSON.stringify(state),
    );
  }
  for (const n of [0, -1, 1.5, Number.NaN, 2 ** 53])
    assert.throws(() => new Random(1).integer(n), RangeError);
});

test('next and integer are uniform', () => {
  const random = new Random('uniform');
  const cells = new Float64Array(64);
  const integers = new Float64Array(7);
  const count = 200_000;
  for (let i = 0; i < count; i++) {
    const x = random.next();
    assert.ok(x >= 0 && x < 1);
    cells[Math.floor(x * 64)]!++;
    integers[random.integer(7)]!++;
  }
  // chi-squared has mean and half its variance equal to the degrees of freedom: 6 deviations above.
  assert.ok(chiSquared(cells, count / 64) < 63 + 6 * Math.sqrt(2 * 63));
  assert.ok(chiSquared(integers, count / 7) < 6 + 6 * Math.sqrt(2 * 6));
  assert.is(random.integer(1), 0);
});

test('normal has the moments and tails of the normal distribution', () => {
  const random = new Random('normal');
  const count = 300_000;
  const sums = [0, 0, 0, 0];
  let beyond2 = 0;
  for (let i = 0; i < count; i++) {
    const x = random.normal();
    for (let power = 0; power < 4; power++) sums[power]! += x ** (power + 1);
    if (Math.abs(x) > 2) beyond2++;
  }
  const [mean, square, cube, fourth] = sums.map((sum) => sum / count);
  // Five standard errors of each mean: sqrt(var(x^p) / count), with var = 1, 2, 15, 96.
  const near = (got: number, wanted: number, variance: number) =>
    assert.ok(Math.abs(got - wanted) < 5 * Math.sqrt(variance / count), `${got} is not ${wanted}`);
  near(mean!, 0, 1);
  near(square!, 1, 2);
  near(cube!, 0, 15);
  near(fourth!, 3, 96);
  near(beyond2 / count, 0.0455002639, 0.0434);
});

test('shuffle is a permutation, and every order is as likely', () => {
  const random = new Random('shuffle');
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const order = random.shuffle([0, 1, 2, 3]).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.is(counts.size, 24);
  assert.ok(chiSquared([...counts.values()], 1000) < 23 + 6 * Math.sqrt(2 * 23));
  assert.equal(random.shuffle([]), []);
});

function chiSquared(counts: ArrayLike<number>, expected: number): number {
  return Array.from(counts, (count) => (count - expected) ** 2 / expected).reduce(
    (sum, term) => sum + term,
    0,
  );
}

test.run();
