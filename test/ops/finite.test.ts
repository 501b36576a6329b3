import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { firstNonFinite, placeOf } from '../../src/runtime/ops/finite.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

/** Places that are found in arrays of `n` numbers with these values at these elements. */
async function places(n: number, cases: readonly Record<number, number>[]): Promise<(number | null)[]> {
  const program = await gpu.compile(() => ({ y: firstNonFinite(gpu.input('x', [n])) }));
  const found: (number | null)[] = [];
  for (const values of cases) {
    const x = Float32Array.from({ length: n }, (_, i) => values[i] ?? i - 2);
    found.push(placeOf((await program.run({ x })).y!));
  }
  program.dispose();
  return found;
}

test('the first is found, whatever it is, in one launch and in two', async () => {
  for (const n of [1, 4, 5, 260, 4096, 4100, 300_000]) {
    const [last, middle] = [n - 1, Math.floor(n / 2)];
    const broken = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const found = await places(n, [
      {},
      ...broken.map((value) => ({ [last]: value })),
      { [middle]: Number.NaN, [last]: Number.NaN },
      { 0: Number.NaN, [last]: Number.POSITIVE_INFINITY },
    ]);
    assert.equal(found, [null, last, last, last, middle, 0], `${n} numbers`);
  }
});

test('the largest, the smallest and subnormal numbers are finite', async () => {
  const most = 3.4028234663852886e38;
  assert.equal(await places(8, [{ 0: most, 1: -most, 2: 1e-45, 3: -0, 4: 1e-38 }]), [null]);
});

test('lanes and threads at both ends', async () => {
  const n = 70_001;
  const elements = [0, 1, 2, 3, 4, 255, 256, 257].flatMap((i) => [i, n - 1 - i]);
  assert.equal(
    await places(
      n,
      elements.map((at) => ({ [at]: Number.NaN })),
    ),
    elements,
  );
});

test.run();
