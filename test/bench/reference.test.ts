import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawValues, type FloatsByName } from '../../bench/graph/values.ts';
import { attentionExpected } from '../../bench/reference/attention.ts';
import { instanceNormExpected } from '../../bench/reference/instance_norm.ts';
import { convExpected } from '../../bench/reference/products.ts';
import type { Expected } from '../../bench/verdict.ts';
import type { Shape } from '../../src/runtime/shape.ts';

// Gradients in closed form against differences of the forward reference: few values, so nothing is left out of either.

const draw = (shapes: Readonly<Record<string, Shape>>): FloatsByName =>
  drawValues(
    new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, kind: 'input' as const }])),
  );

/** Sum of y times dy. */
function value(expected: readonly Expected[], values: FloatsByName): number {
  const { values: y, places } = expected.find(({ output }) => output === 'y')!;
  const dy = values.get('dy')!.data;
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += y[i]! * dy[places![i]!]!;
  return sum;
}

function checkGradients(
  values: FloatsByName,
  reference: (values: FloatsByName) => Expected[],
  inputs: string[],
): void {
  const expected = reference(values);
  for (const name of inputs) {
    const { values: gradient, places } = expected.find(({ output }) => output === `d ${name}`)!;
    const { data } = values.get(name)!;
    assert.is(gradient.length, data.length, `all of ${name}`);
    for (let i = 0; i < gradient.length; i += 3) {
      const place = places![i]!;
      const before = data[place]!;
      data[place] = before + 2 ** -6;
      const above = value(reference(values), values);
      data[place] = before - 2 ** -6;
      const below = value(reference(values), values);
      data[place] = before;
      const slope = (above - below) / (2 * 2 ** -6);
      assert.ok(
        Math.abs(slope - gradient[i]!) < 2e-3,
        `d ${name}[${place}]: ${gradient[i]}, difference ${slope}`,
      );
    }
  }
}

test('gradients of the convolution', () => {
  const values = draw({ x: [1, 5, 4, 3], w: [3, 3, 3, 4], bias: [4], dy: [1, 5, 4, 4] });
  checkGradients(values, (v) => convExpected(v, { stride: [1, 1], padding: [1, 1] }), ['x', 'w', 'bias']);
});

test('gradients of attention', () => {
  const values = draw({ q: [1, 5, 4], k: [1, 6, 4], v: [1, 6, 4], dy: [1, 5, 4] });
  checkGradients(values, (v) => attentionExpected(v, 1), ['q', 'k', 'v']);
});

test('of many channels the first four are expected, in their places', () => {
  const values = draw({ x: [1, 3, 3, 6], w: [3, 3, 6, 9], bias: [9], dy: [1, 3, 3, 9] });
  const expected = convExpected(values, { stride: [1, 1], padding: [1, 1] });
  const of = (name: string) => expected.find(({ output }) => output === name)!;
  assert.equal([...of('y').places!.subarray(0, 5)], [0, 1, 2, 3, 9]);
  assert.equal([...of('d x').places!.subarray(0, 5)], [0, 1, 2, 3, 6]);
  assert.equal([...of('d w').places!.subarray(0, 5)], [0, 1, 2, 3, 9]);
  for (const { places, values: v } of expected) assert.is(places!.length, v.length);
});

test('a normalised channel has mean 0 and variance 1', () => {
  const [{ values }] = instanceNormExpected(draw({ x: [1, 4, 4, 2] })) as [Expected];
  const channel = Array.from({ length: 16 }, (_, i) => values[2 * i]!);
  const mean = channel.reduce((a, b) => a + b) / 16;
  const variance = channel.reduce((a, b) => a + b * b, 0) / 16;
  assert.ok(Math.abs(mean) < 1e-12 && Math.abs(variance - 1) < 1e-3);
});

test.run();
