import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { adamHyper, adamStep, HYPER_LENGTH } from '../../src/runtime/ops/adam.ts';
import { cast } from '../../src/runtime/ops/cast.ts';
import { conv2d } from '../../src/runtime/ops/conv2d.ts';
import { instanceNorm } from '../../src/runtime/ops/instance_norm.ts';
import { Tape } from '../../src/runtime/tape.ts';
import { normals } from '../ops/spec.ts';

const CONFIG = { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 };

const gpu = await Gpu.open({ storage: 'f16' }).catch((error: Error) => {
  if (!/shader-f16/.test(error.message)) throw error;
  console.log(`SKIPPED f16 storage: ${error.message}`);
  return null;
});

const run = gpu ? test : test.skip;

run('a cast rounds to nearest, ties to even, and comes back exact', async () => {
  const program = await gpu!.compile(() => ({
    y: cast(null, cast(null, gpu!.input('x', [4]), 'f16'), 'f32'),
  }));
  const x = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 65504, -(2 ** -24)];
  assert.equal([...(await program.run({ x })).y!], [1, 1 + 2 ** -9, 65504, -(2 ** -24)]);
  program.dispose();
});

run('an f16 output is read as f32, and takes half the memory', async () => {
  const program = await gpu!.compile(() => {
    const y = cast(null, gpu!.input('x', [100, 5]), 'f16');
    assert.is(y.storage.bytes, 100 * 8 * 2);
    return { y };
  });
  const x = Float32Array.from({ length: 500 }, (_, i) => i);
  assert.equal((await program.run({ x })).y!, x);
  program.dispose();
});

run('a layer and its gradients in f16 are those in f32 but for rounding', async () => {
  const draw = normals(3);
  const [x, w, dy] = [
    [1, 9, 9, 6],
    [3, 3, 6, 8],
    [1, 9, 9, 8],
  ].map((shape) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => draw()),
  }));
  const layer = async (dtype: 'f32' | 'f16') => {
    const program = await gpu!.compile(() => {
      const [from, weight, given] = [x!, w!, dy!].map(({ shape }, i) => gpu!.input(`in${i}`, shape));
      const tape = new Tape();
      tape.watch([from!, weight!]);
      const [a, b] = [cast(tape, from!, dtype), cast(tape, weight!, dtype)];
      const y = instanceNorm(tape, conv2d(tape, a, b, null, { padding: [1, 1] }), null, {
        activation: 'relu',
      });
      assert.is(y.dtype, dtype);
      const [dx, dw] = tape.gradients(y, cast(null, given!, dtype), [from!, weight!]);
      return { y, dx: dx!, dw: dw! };
    });
    const results = await program.run({ in0: x!.data, in1: w!.data, in2: dy!.data });
    program.dispose();
    return results;
  };
  const [full, half] = [await layer('f32'), await layer('f16')];
  for (const [name, values] of Object.entries(full)) {
    const off = values.reduce((sum, v, i) => sum + (v - half[name]![i]!) ** 2, 0);
    const error = Math.sqrt(off / values.reduce((sum, v) => sum + v * v, 0));
    assert.ok(error > 1e-6 && error < 2e-3, `${name} is off by ${error}`);
  }
});

run('Adam undoes the scale of the loss', async () => {
  const moved = async (scale: number) => {
    const [params, m, v] = ['w', 'm', 'v'].map((name) => gpu!.parameter(name, [8], new Array(8).fill(1)));
    const program = await gpu!.compile(() => {
      const state = { params: params!, grads: gpu!.input('grads', [8]), m: m!, v: v! };
      adamStep(state, gpu!.input('hyper', [HYPER_LENGTH]), { scaled: scale !== 1 });
      return {};
    });
    const grads = Array.from({ length: 8 }, (_, i) => scale * (i - 3) * 1e-3);
    await program.run({ grads, hyper: adamHyper(1, CONFIG, scale) });
    await program.settle();
    return gpu!.read(params!);
  };
  assert.equal(await moved(1024), await moved(1));
});

for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
  run(`a gradient that is ${bad} moves nothing`, async () => {
    const all = ['w', 'm', 'v'].map((name) => gpu!.parameter(name, [300], new Array(300).fill(0.5)));
    const program = await gpu!.compile(() => {
      const state = { params: all[0]!, grads: gpu!.input('grads', [300]), m: all[1]!, v: all[2]! };
      adamStep(state, gpu!.input('hyper', [HYPER_LENGTH]), { scaled: true });
      return {};
    });
    const grads = Array.from({ length: 300 }, (_, i) => (i === 200 ? bad : 1));
    await program.run({ grads, hyper: adamHyper(1, CONFIG, 1024) });
    for (const t of all) assert.ok((await gpu!.read(t)).every((w) => w === 0.5));
    program.dispose();
  });

test.after(() => gpu?.close());
test.run();
