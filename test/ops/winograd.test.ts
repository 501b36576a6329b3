import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu, type OpenOptions } from '../../src/runtime/gpu.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import type { Program } from '../../src/runtime/program.ts';
import { conv2dLoraSpec } from './conv2d_lora.ts';
import { runSpecs } from './run_specs.ts';
import { winogradSpec } from './winograd.ts';

/** A reflected 3x3 convolution of 64 channels, its weight frozen, on a device that is opened so. */
async function withConvolution(
  way: OpenOptions,
  edge: number,
  check: (program: Program) => unknown,
): Promise<void> {
  const gpu = await Gpu.open(way);
  try {
    const w = gpu.parameter('w', [3, 3, 64, 64]);
    const options = { padding: [1, 1], paddingMode: 'reflect' } as const;
    await check(
      await gpu.compile(() => ({ y: conv2d(null, gpu.input('x', [1, edge, edge, 64]), w, null, options) })),
    );
  } finally {
    gpu.close();
  }
}

const kernels = (steps: Program['each']): string[] => steps.map(({ launch }) => launch.kernel.name);

test('a frozen weight is transformed once, and no launch lays the border on', () =>
  withConvolution({ winograd: 'f4' }, 8, ({ once, each }) => {
    assert.equal(kernels(once), ['winograd/weight_f4']);
    assert.equal(kernels(each), ['winograd/input_f4', 'matmul/forward', 'winograd/output_f4']);
  }));

test('a forced family means its product, unless a tile is forced too', async () => {
  await withConvolution({ family: 'plain' }, 64, ({ each }) =>
    assert.equal(kernels(each), ['pad2d/forward', 'conv2d/forward']),
  );
  await withConvolution({ family: 'plain', winograd: 'f2' }, 64, ({ each }) =>
    assert.is(kernels(each)[0], 'winograd/input_f2'),
  );
});

test('left open, software devices take tiles of 4x4 where there are enough', async () => {
  const taken = async (edge: number) => {
    let first = '';
    await withConvolution({}, edge, ({ each }) => {
      first = kernels(each)[0]!;
    });
    return first;
  };
  const gpu = await Gpu.open();
  const { software } = gpu.features;
  gpu.close();
  assert.is(await taken(32), software ? 'winograd/input_f4' : 'pad2d/forward');
  assert.is(await taken(16), 'pad2d/forward');
});

test('off is off', () =>
  withConvolution({ winograd: 'off' }, 64, ({ each }) =>
    assert.equal(kernels(each), ['pad2d/forward', 'conv2d/forward']),
  ));

runSpecs(
  [winogradSpec, conv2dLoraSpec],
  [{ winograd: 'f2' }, { winograd: 'f4' }, { winograd: 'f4', family: 'plain' }],
);
