import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { didYouMean, nearestName } from '../../src/model/nearest.ts';

const known = ['steps', 'seed', 'batch-size', 'down0_conv', 'down1_conv'];

test('the fewest edits win, the first of equals', () => {
  const pairs = {
    stesp: 'steps',
    sed: 'seed',
    batch_size: 'batch-size',
    down2_conv: 'down0_conv',
    seed: 'seed',
  };
  for (const [name, nearest] of Object.entries(pairs)) assert.is(nearestName(name, known), nearest);
});

test('nothing far away is proposed', () => {
  assert.is(nearestName('learning_rate', known), undefined);
  assert.is(nearestName('anything', []), undefined);
  assert.is(didYouMean('learning_rate', known), '');
  assert.is(didYouMean('stesp', known), ', did you mean "steps"?');
});

test('a hostile name costs little', () => {
  const start = process.cpuUsage();
  nearestName(
    'x'.repeat(10_000_000),
    Array.from({ length: 300 }, (_, i) => `${'x'.repeat(1000)}${i}`),
  );
  assert.ok(process.cpuUsage(start).user < 2000e3);
});

test.run();
