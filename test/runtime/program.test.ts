import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError, ShapeError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { countCalls } from './counted_calls.ts';
import { launchTranspose, transposed } from './launches.ts';
import { assertRejects } from './rejects.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);
const doubled = (x: Iterable<number>) => [...x].map((v) => 2 * v);

/** y = x + x and z = y + x for x `[2, 3]`. */
const sums = (): Promise<Program> =>
  gpu.compile(() => {
    const x = gpu.input('x', [2, 3]);
    const y = add(null, x, x);
    return { y, z: add(null, y, x) };
  });

test('inputs and outputs go by name', async () => {
  const program = await sums();
  assert.equal([...program.inputs.keys()], ['x']);
  const { y, z } = await program.run({ x: range(6) });
  assert.equal([...y!], [2, 4, 6, 8, 10, 12]);
  assert.equal([...z!], [3, 6, 9, 12, 15, 18]);
  program.dispose();
});

test('an input that is left out keeps what it holds', async () => {
  const program = await gpu.compile(() => ({
    y: add(null, gpu.input('a', [4]), gpu.input('b', [4])),
  }));
  await program.run({ a: range(4), b: range(4, 10) });
  const { y } = await program.run({ b: range(4, 100) });
  assert.equal([...y!], [101, 103, 105, 107]);
  program.dispose();
});

test('a wrong name or length of an input is refused before anything runs', async () => {
  const program = await sums();
  await program.run({ x: range(6) });
  assert.throws(() => program.submit({ image: range(6) }), /run: no input image; there are x/);
  assert.throws(() => program.submit({ x: range(5) }), /run: input x is \[2, 3\], 5 values came/);
  await assertRejects(program.read('loss'), KernelError, /read: no output loss; there are y, z/);
  assert.equal([...(await program.read('y'))], [2, 4, 6, 8, 10, 12], 'and the program goes on');
  program.dispose();
});

test('an input is declared once; ops run only while a program is traced', async () => {
  const twice = () => gpu.compile(() => ({ a: gpu.input('a', [1]), b: gpu.input('a', [1]) }));
  await assertRejects(twice(), KernelError, /input: a is declared twice/);
  assert.throws(() => transpose(null, gpu.parameter('x', [2, 2])), /call them inside gpu\.compile/);
});

test('a trace that throws leaves the device ready for the next', async () => {
  const counts = { ...gpu.counts };
  const broken = () =>
    gpu.compile(() => ({ y: matmul(null, gpu.input('a', [2, 3]), gpu.input('b', [4, 5])) }));
  await assertRejects(broken(), ShapeError, /matmul: a is \[2, 3\], b is \[4, 5\]/);
  assert.equal({ ...gpu.counts }, counts);
  const program = await sums();
  assert.equal([...(await program.run({ x: range(6) })).y!], doubled(range(6)));
  program.dispose();
});

test('a trace within a trace is refused', async () => {
  const inner: Promise<unknown>[] = [];
  const program = await gpu.compile(() => {
    inner.push(assertRejects(sums(), KernelError, /a program is being traced already/));
    return { x: gpu.input('x', [1]) };
  });
  await Promise.all(inner);
  program.dispose();
});

test('reads see the submit before them, though others follow', async () => {
  const program = await sums();
  const reads = [1, 2].map((k) => {
    program.submit({ x: new Float32Array(6).fill(k) });
    return program.read('y');
  });
  program.submit({ x: new Float32Array(6).fill(3) });
  assert.equal(
    (await Promise.all(reads)).map((y) => y[0]),
    [2, 4],
  );
  program.dispose();
});

test('two reads of an output may be under way, a third is refused, and later there is room again', async () => {
  const program = await sums();
  program.submit({ x: range(6) });
  const [first, second] = [program.read('y'), program.read('y')];
  await assertRejects(program.read('y'), KernelError, /read of y: 2 reads are under way already/);
  await Promise.all([first, second, program.read('z')]);
  for (let i = 0; i < 5; i++) assert.equal([...(await program.read('y'))], doubled(range(6)));
  program.dispose();
});

test('a long program is cut into submits of bounded work', async () => {
  const x = gpu.parameter('x', [4, 4], range(16));
  const program = await gpu.compile(() => {
    let t = gpu.input('t', [4, 4]);
    for (let i = 0; i < 3; i++) t = add(null, t, x);
    return { y: t };
  });
  const bounded = await gpu.compile(() => {
    let t = gpu.input('t', [4, 4]);
    for (let i = 0; i < 3; i++) t = launchTranspose(t, gpu.temp([4, 4]), { flops: 1e12 });
    return { y: t };
  });
  const calls = countCalls(gpu.device.queue, ['submit']);
  program.submit({ t: range(16) });
  assert.equal(calls.made, { submit: 1 });
  bounded.submit({ t: range(16) });
  assert.equal(calls.made, { submit: 4 });
  calls.restore();
  assert.equal([...(await bounded.read('y'))], transposed(range(16), 4));
  for (const p of [program, bounded]) p.dispose();
});

test('a program that was disposed says so, and once is enough', async () => {
  const program = await sums();
  await program.run({ x: range(6) });
  program.dispose();
  const counts = { ...gpu.counts };
  program.dispose();
  assert.equal({ ...gpu.counts }, counts);
  assert.throws(() => program.submit(), /program y, z: was disposed/);
  assert.throws(() => program.write({ x: range(6) }), /program y, z: was disposed/);
  await assertRejects(program.read('y'), KernelError, /program y, z: was disposed/);
  await assertRejects(program.profile(1), KernelError, /program y, z: was disposed/);
  await assertRejects(gpu.read(program.outputs.y!), KernelError, /read: temp0 has no buffer of its own/);
  await gpu.faults.settle('the device, after all that');
});

test('dispose gives everything back', async () => {
  const before = { ...gpu.counts };
  const w = gpu.parameter('w', [5, 5], range(25));
  const program = await gpu.compile(() => ({ y: matmul(null, gpu.input('x', [3, 5]), transpose(null, w)) }));
  await program.run({ x: range(15) });
  assert.ok(gpu.counts.buffers > before.buffers && gpu.counts.bindGroups > before.bindGroups);
  program.dispose();
  gpu.dispose(w);
  assert.equal({ ...gpu.counts }, before);
});

test('a tensor of another program is not taken for one of this', async () => {
  const first = await sums();
  const y = first.outputs.y!;
  const x = first.inputs.get('x')!;
  const before = await first.run({ x: range(6) });
  for (const stray of [x, y]) {
    const other = () => gpu.compile(() => ({ z: gpu.scope('decoder', () => add(null, stray, stray)) }));
    await assertRejects(
      other(),
      KernelError,
      /^decoder\/add\/forward: a \[2, 3\] .* belongs to another program/,
    );
  }
  assert.equal([...(await first.read('y'))], [...before.y!], 'and the first program is as it was');
  first.dispose();
});

test.run();
