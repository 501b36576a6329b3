import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { countCalls } from './counted_calls.ts';
import { changedKernel, launchTranspose, transposed } from './launches.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

test('50 runs with reads make no buffer, bind group, pipeline or shader', async () => {
  const w = gpu.parameter('w', [8, 8], range(64));
  const program = await gpu.compile(() => {
    const x = gpu.input('x', [3, 8]);
    return { y: add(null, matmul(null, x, transpose(null, w)), x) };
  });
  const calls = countCalls(gpu.device, [
    'createBuffer',
    'createBindGroup',
    'createBindGroupLayout',
    'createComputePipeline',
    'createComputePipelineAsync',
    'createPipelineLayout',
    'createShaderModule',
    'createQuerySet',
    'createTexture',
  ]);
  const counts = { ...gpu.counts };
  for (let i = 0; i < 50; i++) {
    if (i % 10 === 0) gpu.write(w, range(64, i));
    program.submit({ x: range(24, i) });
    await program.read('y');
    assert.equal({ ...gpu.counts }, counts, `after run ${i}`);
  }
  assert.equal(calls.made, {});
  calls.restore();
  program.dispose();
  gpu.dispose(w);
});

test('the counters count: another program makes all of these', async () => {
  const calls = countCalls(gpu.device, ['createBuffer', 'createBindGroup']);
  const program = await gpu.compile(() => ({ y: transpose(null, gpu.input('x', [2, 2])) }));
  calls.restore();
  // The arena's one slot, the input, the params, two staging buffers; tensors and params of one launch.
  assert.equal(calls.made, { createBuffer: 5, createBindGroup: 1 });
  program.dispose();
});

/** Dispatches that one run makes. */
async function dispatchesOf(program: Program, values: Record<string, Float32Array> = {}): Promise<number> {
  const encode = gpu.device.createCommandEncoder.bind(gpu.device);
  let dispatches = 0;
  Object.defineProperty(gpu.device, 'createCommandEncoder', {
    configurable: true,
    value: (descriptor: GPUCommandEncoderDescriptor) => {
      const encoder = encode(descriptor);
      const begin = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (pass) => {
        const made = begin(pass);
        const dispatch = made.dispatchWorkgroups.bind(made);
        made.dispatchWorkgroups = (...groups) => {
          dispatches++;
          dispatch(...groups);
        };
        return made;
      };
      return encoder;
    },
  });
  program.submit(values);
  Reflect.deleteProperty(gpu.device, 'createCommandEncoder');
  await program.settle();
  return dispatches;
}

test('what hangs on parameters alone runs once, and again after they are written', async () => {
  const w = gpu.parameter('w', [4, 4], range(16));
  const program = await gpu.compile(() => ({
    y: add(null, transpose(null, w), gpu.input('x', [4, 4])),
  }));
  const x = new Float32Array(16);
  assert.is(await dispatchesOf(program, { x }), 2);
  assert.equal([...(await program.read('y'))], transposed(range(16), 4));
  assert.is(await dispatchesOf(program), 1);
  gpu.write(w, range(16, 100));
  assert.is(await dispatchesOf(program), 2);
  assert.equal([...(await program.read('y'))], transposed(range(16, 100), 4));
  assert.is(await dispatchesOf(program), 1);
  program.dispose();
  gpu.dispose(w);
});

test('it runs again after another program has trained such a parameter, or was profiled', async () => {
  const w = gpu.parameter('w', [4, 4], range(16));
  const reader = await gpu.compile(() => ({ y: transpose(null, w) }));
  const trainer = await gpu.compile(() => {
    launchTranspose(gpu.input('update', [4, 4]), w);
    return {};
  });
  assert.equal([...(await reader.run()).y!], transposed(range(16), 4));
  trainer.submit({ update: range(16, 50) });
  assert.equal([...(await reader.run()).y!], [...range(16, 50)], 'after a submit');
  trainer.write({ update: range(16, 70) });
  if (gpu.features.timestamps) {
    await trainer.profile(1);
    assert.equal([...(await reader.run()).y!], [...range(16, 70)], 'after a profile');
  } else console.log('SKIP profile: this device has no timestamp-query');
  for (const p of [reader, trainer]) p.dispose();
  gpu.dispose(w);
});

test('a parameter that the program trains itself is not hoisted', async () => {
  const w = gpu.parameter('w', [4, 4], range(16));
  const program = await gpu.compile(() => {
    const y = transpose(null, w);
    launchTranspose(transpose(null, y), w);
    return { y };
  });
  assert.equal([...(await program.run()).y!], transposed(range(16), 4));
  assert.equal([...(await program.run()).y!], [...range(16)]);
  program.dispose();
  gpu.dispose(w);
});

test('a launch that reads nothing runs once too', async () => {
  const writer = changedKernel(
    'transpose/sevens',
    [/x\[[^\]]*\]/, 'vec4f(7.0)'],
    [/^@group.* x: .*$/m, ''],
    [/@binding\(1\) var/, '@binding(0) var'],
  );
  const kernel = { ...writer, bindings: [{ name: 'y', access: 'read_write' as const }] };
  const program = await gpu.compile(() => {
    const sevens = launchTranspose(gpu.input('unused', [4, 4]), gpu.temp([4, 4]), { kernel });
    return { y: add(null, sevens, gpu.input('x', [4, 4])) };
  });
  assert.is(program.once.length, 1);
  assert.equal([...(await program.run({ x: range(16) })).y!], [...range(16, 8)]);
  assert.equal([...(await program.run()).y!], [...range(16, 8)]);
  program.dispose();
});

test.run();
