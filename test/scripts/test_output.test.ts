import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { countTests, inOrder, skipReasons } from '../../scripts/test_output.mjs';

const summary = (total: number, passed: number, skipped: number) =>
  `\n  Total:     ${total}\n\u001b[32m  Passed:    ${passed}\u001b[39m\n  Skipped:   \u001b[33m${skipped}\u001b[39m\n  Duration:  1.02ms\n\n`;

test("counts come from uvu's closing lines, colours or not", () => {
  assert.equal(countTests(summary(5, 5, 2), 0), { passed: 5, failed: 0, skipped: 2 });
  assert.equal(countTests(summary(12, 9, 0), 1), { passed: 9, failed: 3, skipped: 0 });
});

test('a crash is a failure, without a summary and after a good one', () => {
  assert.equal(countTests('Error: no device', 1), { passed: 0, failed: 1, skipped: 0 });
  assert.equal(countTests(summary(5, 5, 0), 139), { passed: 5, failed: 1, skipped: 0 });
});

test('a file that ran nothing counts nothing', () => {
  assert.equal(countTests('', 0), { passed: 0, failed: 0, skipped: 0 });
  assert.equal(countTests(summary(0, 0, 0), 0), { passed: 0, failed: 0, skipped: 0 });
});

test('only the last summary counts', () => {
  assert.equal(countTests(summary(9, 1, 0) + summary(2, 2, 0), 0), { passed: 2, failed: 0, skipped: 0 });
});

test('reasons of skipped tests are found, the count is none', () => {
  const output = `skip: golden losses: ../shared is absent\n• • skipper\nSkipped f16: no shader-f16\n${summary(2, 2, 1)}`;
  assert.equal(skipReasons(output), [
    'skip: golden losses: ../shared is absent',
    'Skipped f16: no shader-f16',
  ]);
});

test('rooms in their order, unknown rooms after them, slow files last', () => {
  const files = [
    'cli/a.slow.test.mjs',
    'web/page.test.mjs',
    'ops/conv.test.mjs',
    'rooms.test.mjs',
    'model/b.test.mjs',
    'model/a.test.mjs',
    'kernels/z.slow.test.mjs',
    'kernels/link.test.mjs',
  ];
  assert.equal(inOrder(files), [
    'kernels/link.test.mjs',
    'model/a.test.mjs',
    'model/b.test.mjs',
    'ops/conv.test.mjs',
    'rooms.test.mjs',
    'web/page.test.mjs',
    'kernels/z.slow.test.mjs',
    'cli/a.slow.test.mjs',
  ]);
});

test.run();
