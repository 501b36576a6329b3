import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Gpu } from '../../src/runtime/gpu.ts';
import { gemmLaunch } from '../../src/runtime/ops/gemm.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';

/** As much of a device as a choice of forms asks for. */
const device = (software: boolean, choices: Record<string, string> = {}, family?: string): Gpu =>
  ({
    features: { software, subgroupSize: software ? 8 : 32, subgroupMatrix: null },
    precision: 'f32',
    family,
    choices: new Map(Object.entries(choices)),
  }) as unknown as Gpu;

const formOf = (gpu: Gpu, rows: number, columns: number, depth: number, segment = depth, batch = 1): string =>
  gemmLaunch(gpu, { kernel: 'tested', rows, cols4: columns / 4, depth, segment, batch, operands: [] }).choice
    .name;

test('a GPU takes tiles where they fill it, a shared depth where results are few, registers where segments are short', () => {
  const gpu = device(false);
  assert.is(formOf(gpu, 4096, 256, 2304, 256), 'tiled 64x64');
  assert.is(formOf(gpu, 1024, 128, 128), 'tiled 64x16');
  assert.is(formOf(gpu, 256, 128, 1024, 64, 4), 'tiled 64x16');
  assert.is(formOf(gpu, 65536, 4, 3136, 64), 'deep 64x8');
  assert.is(formOf(gpu, 128, 4, 4096), 'deep 64x8');
  assert.is(formOf(gpu, 77, 128, 768), 'deep 64x8');
  assert.is(formOf(gpu, 65536, 64, 147, 3), 'plain 4x1');
  assert.is(formOf(gpu, 16, 16, 16), 'plain 4x1');
});

test('a software device never shares a depth, unless it is told to', () => {
  assert.is(formOf(device(true), 128, 4, 4096), 'plain 4x1');
  assert.not(
    gemmLaunch(device(true), {
      kernel: 'tested',
      rows: 128,
      cols4: 1,
      depth: 4096,
      batch: 1,
      operands: [],
    }).choice.forms.has('deep 64x8'),
  );
  assert.is(formOf(device(true, {}, 'deep'), 128, 4, 4096), 'deep 64x8');
});

test('what was tuned goes before the rule, a form that is not to be had does not', () => {
  const key = 'tested 128x4x4096 z1';
  assert.is(formOf(device(false, { [key]: 'deep 128x4' }), 128, 4, 4096), 'deep 128x4');
  assert.is(formOf(device(false, { [key]: 'matrix 2x2' }), 128, 4, 4096), 'deep 64x8');
  // More rows than workgroups may stand along one dimension.
  assert.is(formOf(device(false), 600_000, 4, 3136, 64), 'plain 4x1');
});

test('a deep workgroup deals its threads out over steps, and over segments where those are short', () => {
  const specials = (segment: number) =>
    gemmLaunch(device(false), {
      kernel: 'tested',
      rows: 900,
      cols4: 1,
      depth: 8192,
      segment,
      batch: 1,
      operands: [],
    }).specials;
  assert.equal(specials(512), { ROWS: 8, LANES: 64, SEGS: 1 });
  assert.equal(specials(20), { ROWS: 8, LANES: 32, SEGS: 2 });
});

test('matrix units are tried where both operands are f16 already, so that they round nothing', () => {
  const units = { M: 16, N: 16, K: 16, lanes: 32, early: false };
  const gpu = { ...device(false), features: { ...device(false).features, subgroupMatrix: units } } as Gpu;
  const isTried = (...dtypes: Tensor['dtype'][]): boolean =>
    gemmLaunch(gpu, {
      kernel: 'tested',
      rows: 512,
      cols4: 64,
      depth: 512,
      batch: 1,
      operands: dtypes.map((dtype) => ({ dtype }) as Tensor),
    }).choice.forms.has('matrix 2x2');
  assert.ok(isTried('f16', 'f16', 'f16'));
  assert.ok(isTried('f16', 'f16', 'f32'));
  assert.not(isTried('f16', 'f32', 'f32'));
  assert.not(isTried('f32', 'f32', 'f32'));
});

test.run();
