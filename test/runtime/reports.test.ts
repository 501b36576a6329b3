import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { launchTranspose, transposed } from './launches.ts';
import { assertRejects } from './rejects.ts';

// WebGPU throws for almost nothing. What a device reports on its own time must reach whoever waits for a result.

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

let gpu: Gpu;
let program: Program;
test.before.each(async () => {
  gpu = await Gpu.open();
  program = await gpu.compile(() => {
    const x = gpu.input('x', [4, 4]);
    return { y: transpose(null, x), z: add(null, x, x) };
  });
  assert.equal([...(await program.run({ x: range(16) })).y!], transposed(range(16), 4));
});
test.after.each(() => gpu.close());

/** A copy past the end of its buffer: the device reports it, and drops the whole submit. */
function badCopy(): void {
  const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const [from, to] = ['from', 'too small'].map((label) =>
    gpu.device.createBuffer({ label, size: 16, usage }),
  );
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyBufferToBuffer(from!, 0, to!, 8, 16);
  gpu.device.queue.submit([encoder.finish()]);
}

/** Breaks a submit of the program behind its back: a bound buffer is gone. */
const breakProgram = () => program.inputs.get('x')!.storage.buffer!.destroy();

/** A device that reports this error at the end of the next error scopes. */
function injectFault(error: GPUError): void {
  Object.defineProperty(gpu.device, 'popErrorScope', {
    configurable: true,
    value: () => {
      Reflect.deleteProperty(gpu.device, 'popErrorScope');
      void gpu.device.popErrorScope();
      return Promise.resolve(error);
    },
  });
}

test('an uncaptured error reaches the read that is under way, and everything after it', async () => {
  const one = gpu.scalar(1);
  program.submit({ x: range(16, 5) });
  const read = program.read('y');
  badCopy();
  await assertRejects(read, KernelError, /^read of y: .*too small/);
  await assertRejects(program.read('z'), KernelError, /too small/);
  assert.throws(() => program.submit(), /^program y, z: .*too small/);
  await assertRejects(program.run(), KernelError, /^program y, z: .*too small/);
  await assertRejects(program.settle(), KernelError, /^program y, z: .*too small/);
  await assertRejects(
    gpu.compile(() => ({})),
    KernelError,
    /^compile: .*too small/,
  );
  await assertRejects(gpu.read(one), KernelError, /^read of constant 1: .*too small/);
  assert.throws(() => gpu.write(one, [2]), /^write of constant 1: .*too small/);
});

test('messages have one line, though the device wrote several', async () => {
  badCopy();
  const message = await program.read('y').catch((e: Error) => e.message);
  assert.match(String(message), /Copy range.*While/);
  assert.not.match(String(message), /\n/);
});

test('a submit that the device dropped gives no old values', async () => {
  breakProgram();
  program.submit();
  const message = /^read of y: program y, z: .*destroyed.* \(in transpose\/forward x \[4, 4\], y \[4, 4\]\)$/;
  await assertRejects(program.read('y'), KernelError, message);
});

test('of the launches of a submit, the one that the device refuses is named with its shapes', async () => {
  const addition = program.each[1]!;
  Object.assign(addition.launch, { groups: [65_536, 1, 1] });
  program.submit({ x: range(16) });
  const message =
    /^read of y: program y, z: .*65536.* \(in add\/forward a \[4, 4\], b \[4, 4\], y \[4, 4\]\)$/;
  await assertRejects(program.read('y'), KernelError, message);
});

test('no read of several gets through', async () => {
  breakProgram();
  program.submit();
  const found = await Promise.allSettled([program.read('y'), program.read('z'), program.settle()]);
  assert.equal(
    found.map((r) => r.status),
    ['rejected', 'rejected', 'rejected'],
  );
});

test('neither does the read of a parameter that the dropped submit should have trained', async () => {
  const w = gpu.parameter('w', [4, 4], range(16));
  const trainer = await gpu.compile(() => {
    launchTranspose(gpu.input('update', [4, 4]), w);
    return {};
  });
  trainer.inputs.get('update')!.storage.buffer!.destroy();
  trainer.submit();
  await assertRejects(gpu.read(w), KernelError, /^read of w: program without outputs: .*destroyed/);
});

test('out of memory in a run stops it, and is told by the launch that needs most', async () => {
  injectFault(new GPUOutOfMemoryError('no 4 GiB left'));
  program.submit();
  const message =
    /^read of y: program y, z: no 4 GiB left \(most is needed by add\/forward a \[4, 4\], .*: 192 bytes\)$/;
  await assertRejects(program.read('y'), KernelError, message);
});

test('out of memory while a program is made names it, leaves nothing behind and harms nobody', async () => {
  const counts = { ...gpu.counts };
  const compile = gpu.compile(() => {
    const large = transpose(null, gpu.input('a', [64, 64]));
    injectFault(new GPUOutOfMemoryError('no 4 GiB left'));
    return { large };
  });
  await assertRejects(compile, KernelError, /^compile of program large: no 4 GiB left/);
  assert.equal({ ...gpu.counts }, counts);
  assert.equal([...(await program.run({ x: range(16, 3) })).y!], transposed(range(16, 3), 4));
});

test('out of memory for a parameter names it', async () => {
  injectFault(new GPUOutOfMemoryError('no 4 GiB left'));
  const w = gpu.parameter('decoder.weight', [4, 4]);
  await assertRejects(
    gpu.read(w),
    KernelError,
    /^read of decoder\.weight: decoder\.weight \[4, 4\]: no 4 GiB left/,
  );
});

test('a read that never arrives is given up, and its place is free again', async () => {
  const { setTimeout: wait } = globalThis;
  const { mapAsync } = GPUBuffer.prototype;
  GPUBuffer.prototype.mapAsync = () => new Promise(() => {});
  Object.assign(globalThis, { setTimeout: (f: () => void) => wait(f, 5) });
  try {
    program.submit();
    for (let i = 0; i < 3; i++)
      await assertRejects(program.read('y'), KernelError, /^read of y: did not arrive within \d+ ms/);
  } finally {
    Object.assign(globalThis, { setTimeout: wait });
    GPUBuffer.prototype.mapAsync = mapAsync;
  }
  assert.equal([...(await program.read('y'))], transposed(range(16), 4));
});

test('a program that is disposed during a read rejects it', async () => {
  program.submit();
  const read = program.read('y');
  program.dispose();
  await assertRejects(read, KernelError, /^read of y: /);
});

test.run();
