import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { markdownTable, percent, short } from '../../bench/report/numbers.ts';
import { median, quantile, summary } from '../../bench/statistics.ts';

test('quantiles lie between neighbours in proportion, whatever the order', () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 3, 2]), 2.5);
  assert.is(quantile([0, 10, 20, 30, 40], 0.25), 10);
  assert.is(quantile([10, 20], 0.75), 17.5);
  assert.is(quantile([7], 0.9), 7);
  assert.throws(() => quantile([], 0.5), /no values/);
});

test('a summary does not change its values', () => {
  const values = [5, 1, 9, 3];
  assert.equal(summary(values), { min: 1, median: 4, iqr: 3.5, count: 4 });
  assert.equal(values, [5, 1, 9, 3]);
  assert.is(summary([]), null);
});

test('numbers are short and never exponents', () => {
  assert.equal(
    [
      0,
      0.00123,
      0.5,
      9.876,
      12.34,
      345.6,
      12345.6,
      null,
      undefined,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ].map(short),
    ['0', '0.00123', '0.500', '9.88', '12.3', '346', '12346', '-', '-', '-', '-'],
  );
  assert.is(percent(1, 4), '25.0 %');
  assert.is(percent(null, 4), '-');
  assert.is(percent(1, 0), '-');
});

test('a table has a rule and keeps its columns whatever a cell says', () => {
  const table = markdownTable(['a', 'b'], [['x | y', '1']]);
  assert.equal(table.split('\n'), ['| a | b |', '|---|---:|', '| x \\| y | 1 |']);
});

test.run();
