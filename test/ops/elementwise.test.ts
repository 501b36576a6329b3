import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { broadcast } from '../../src/runtime/ops/broadcast.ts';
import { activationSpec } from './activation.ts';
import { addSpec } from './add.ts';
import { gegluSpec } from './geglu.ts';
import { inverseSqrtSpec } from './inverse_sqrt.ts';
import { mulSpec, scaleSpec } from './mul.ts';
import { meanSpec, sumSpec } from './reduce.ts';
import { runSpecs } from './run_specs.ts';
import { softmaxSpec } from './softmax.ts';

test('a shape that cannot be repeated over another is refused by name', () => {
  assert.throws(() => broadcast('add', [2, 3], [4]), /add: b \[4\] cannot be repeated over a \[2, 3\]/);
  assert.throws(() => broadcast('add', [3], [2, 3]), /cannot be repeated/);
  assert.throws(() => broadcast('add', [1, 1, 1, 1, 3], [3]), /more than four dimensions/);
});

runSpecs([
  activationSpec,
  inverseSqrtSpec,
  gegluSpec,
  addSpec,
  mulSpec,
  scaleSpec,
  sumSpec,
  meanSpec,
  softmaxSpec,
]);
