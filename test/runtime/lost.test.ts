import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DeviceLostError, KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { transposed } from './launches.ts';
import { assertRejects } from './rejects.ts';

// A lost device accepts every call and does nothing: buffers come, submits go, pipelines compile.

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

const network = (gpu: Gpu): Promise<Program> =>
  gpu.compile(() => ({ y: transpose(null, gpu.input('x', [4, 4])) }));

let gpu: Gpu;
let program: Program;
test.before.each(async () => {
  gpu = await Gpu.open();
  program = await network(gpu);
  assert.equal([...(await program.run({ x: range(16) })).y!], transposed(range(16), 4));
});

test('during a read', async () => {
  program.submit({ x: range(16, 2) });
  const read = program.read('y');
  gpu.device.destroy();
  await assertRejects(read, DeviceLostError, /^read of y: the device is gone: /);
});

test('during two reads', async () => {
  program.submit({ x: range(16, 2) });
  const reads = [program.read('y'), program.read('y')];
  gpu.device.destroy();
  for (const read of reads) assert.instance(await read.catch((e: Error) => e), DeviceLostError);
});

test('in the very moment before a submit', async () => {
  gpu.device.destroy();
  program.submit({ x: range(16, 2) });
  await assertRejects(program.read('y'), DeviceLostError, /^read of y: the device is gone: /);
  assert.throws(
    () => program.submit(),
    (e: Error) => e instanceof DeviceLostError && /^program y: the device is gone/.test(e.message),
  );
});

test('a while before a submit', async () => {
  gpu.device.destroy();
  await gpu.device.lost;
  assert.throws(
    () => program.submit({ x: range(16, 2) }),
    (e: Error) => e instanceof DeviceLostError,
  );
  await assertRejects(program.run({ x: range(16, 2) }), DeviceLostError, /^program y: /);
  await assertRejects(program.read('y'), DeviceLostError, /^program y: /);
  await assertRejects(program.settle(), DeviceLostError, /^program y: /);
});

test('between a submit and its read', async () => {
  program.submit({ x: range(16, 2) });
  gpu.device.destroy();
  await assertRejects(program.read('y'), DeviceLostError, /the device is gone/);
});

test('while a program is compiled, and before', async () => {
  const compile = gpu.compile(() => {
    const x = gpu.input('x', [4, 4]);
    return { y: gpu.scope('other', () => transpose(null, x)) };
  });
  gpu.device.destroy();
  await assertRejects(compile, DeviceLostError, /^compile of program y: the device is gone/);
  await assertRejects(network(gpu), DeviceLostError, /^compile: the device is gone/);
});

test('before parameters are written or read', async () => {
  const w = gpu.parameter('w', [4, 4], range(16));
  const read = gpu.read(w);
  gpu.device.destroy();
  await assertRejects(read, DeviceLostError, /^read of w: the device is gone/);
  await assertRejects(gpu.read(w), DeviceLostError, /^read of w: the device is gone/);
  assert.throws(
    () => gpu.write(w, range(16)),
    (e: Error) => e instanceof DeviceLostError && /^write of w: /.test(e.message),
  );
});

test('during a profile', async () => {
  if (!gpu.features.timestamps) return console.log('SKIP a profile: this device has no timestamp-query');
  const profile = program.profile(3);
  gpu.device.destroy();
  await assertRejects(profile, DeviceLostError, /the device is gone/);
});

test('a loss says more than an error that came before it', async () => {
  program.inputs.get('x')!.storage.buffer!.destroy();
  program.submit();
  await assertRejects(program.settle(), KernelError, /destroyed/);
  gpu.device.destroy();
  await gpu.device.lost;
  await assertRejects(program.read('y'), DeviceLostError, /the device is gone/);
});

test('by close, which says so', async () => {
  program.submit({ x: range(16, 2) });
  const read = program.read('y');
  gpu.close();
  await assertRejects(read, DeviceLostError, /^read of y: the device is gone: it was closed/);
  assert.throws(() => program.submit(), /^program y: the device is gone: it was closed/);
  program.dispose();
  assert.is(gpu.counts.buffers, 0);
});

test('and another device can be opened', async () => {
  gpu.device.destroy();
  const next = await Gpu.open();
  const { y } = await (await network(next)).run({ x: range(16, 9) });
  assert.equal([...y!], transposed(range(16, 9), 4));
  next.close();
});

test.run();
