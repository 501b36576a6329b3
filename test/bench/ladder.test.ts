import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { climb } from '../../bench/ladder/climb.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { measurePeaks } from '../../src/runtime/peaks.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
  if (!gpu.features.timestamps) console.log('SKIP the ladder: this device has no timestamp-query');
});
test.after(() => gpu.close());

test('every kernel of the ladder gives the product', async () => {
  if (!gpu.features.timestamps) return;
  for (const rung of await climb(gpu, 72, 1)) {
    assert.ok(rung.error < 1e-5, `${rung.name}: ${rung.error}`);
    assert.is(rung.ms.length, rung.reason ? 0 : 1, rung.name);
  }
});

test('peaks are numbers above 0', async () => {
  if (!gpu.features.timestamps) return;
  const { gflops, gbytes } = await measurePeaks(gpu);
  assert.ok(gflops > 0 && Number.isFinite(gflops) && gbytes > 0 && Number.isFinite(gbytes));
});

test.run();
