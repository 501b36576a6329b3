import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { conv2dLora } from '../../src/runtime/ops/conv2d_lora.ts';
import { mergeLora } from '../../src/runtime/ops/merge_lora.ts';
import { product, type Shape } from '../../src/runtime/shape.ts';
import { Tape } from '../../src/runtime/tape.ts';
import { convTranspose2dLoraSpec } from './conv_transpose2d_lora.ts';
import { conv2dLoraSpec } from './conv2d_lora.ts';
import { linearLoraSpec } from './linear_lora.ts';
import { mergeLoraSpec } from './merge_lora.ts';
import { runSpecs } from './run_specs.ts';
import { normals } from './spec.ts';

const draw = normals(7);
const noise = (shape: Shape): number[] => Array.from({ length: product(shape) }, draw);
const SHAPES = { w: [3, 3, 5, 6], A: [3, 3, 5, 2], B: [1, 1, 2, 6] };

async function withGpu(check: (gpu: Gpu) => Promise<void>): Promise<void> {
  const gpu = await Gpu.open();
  try {
    await check(gpu);
  } finally {
    gpu.close();
  }
}

/** Weights of one adapted convolution as parameters. */
function weights(gpu: Gpu) {
  const make = (name: keyof typeof SHAPES) => gpu.parameter(name, SHAPES[name], noise(SHAPES[name]));
  return { w: make('w'), A: make('A'), B: make('B') };
}

test('a merged weight is computed once, follows its adapter, and does what the adapter does', () =>
  withGpu(async (gpu) => {
    const { w, A, B } = weights(gpu);
    const program = await gpu.compile(() => {
      const x = gpu.input('x', [1, 6, 7, 5]);
      const beside = conv2dLora(null, x, w, null, { A, B, scale: 0.5 });
      return { beside, merged: conv2d(null, x, mergeLora(w, A, B, 0.5, 'conv2d'), null) };
    });
    assert.is(program.each.filter((s) => s.launch.kernel.name === 'lora/merge').length, 0);
    const x = noise([1, 6, 7, 5]);
    const before = await program.run({ x });
    gpu.write(B, noise(SHAPES.B));
    const after = await program.run({ x });
    for (const { beside, merged } of [before, after])
      for (const [i, v] of beside!.entries())
        assert.ok(Math.abs(v - merged![i]!) < 1e-4, `${v} is ${merged![i]}`);
    assert.is.not(before.merged![0], after.merged![0]);
  }));

test('a frozen weight gets no gradient launch', () =>
  withGpu(async (gpu) => {
    const { w, A, B } = weights(gpu);
    const program = await gpu.compile(() => {
      const tape = new Tape();
      tape.watch([A, B]);
      const x = gpu.input('x', [1, 6, 7, 5]);
      const y = conv2dLora(tape, x, w, null, { A, B, scale: gpu.input('strength', [1]) });
      const [dA, dB] = tape.gradients(y, gpu.input('dy', y.shape), [A, B]);
      return { dA: dA!, dB: dB! };
    });
    const made = program.each.filter((s) => s.launch.kernel.name === 'conv2d/grad_w').length;
    assert.is(made, 2, 'A and B alone');
    // x is not differentiated by: one gradient passes through B, none through w and A.
    assert.is(program.each.filter((s) => s.launch.kernel.name === 'conv2d/grad_x').length, 1);
  }));

test('shapes that do not fit are refused by name', () =>
  withGpu(async (gpu) => {
    const { w, A, B } = weights(gpu);
    const wide = gpu.parameter('wide', [1, 1, 3, 6]);
    await gpu.compile(() => {
      const x = gpu.input('x', [1, 6, 7, 5]);
      assert.throws(
        () => conv2dLora(null, x, w, null, { A, B: wide, scale: 1 }),
        /conv2d_lora: A is \[3, 3, 5, 2\]/,
      );
      assert.throws(() => mergeLora(w, A, wide, 1, 'conv2d'), /merge_lora: .*not those of conv2d/);
      assert.throws(() => mergeLora(w, A, B, 1, 'conv_transpose2d'), /not those of conv_transpose2d/);
      return { x };
    });
  }));

runSpecs([linearLoraSpec, conv2dLoraSpec, convTranspose2dLoraSpec, mergeLoraSpec]);
