import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import { transposed } from './launches.ts';

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

test('20 engines are opened, used and closed one after another', async () => {
  for (let i = 0; i < 20; i++) {
    const gpu = await Gpu.open();
    const program = await gpu.compile(() => ({ y: transpose(null, gpu.input('x', [4, 4])) }));
    assert.equal(
      [...(await program.run({ x: range(16, i) })).y!],
      transposed(range(16, i), 4),
      `engine ${i}`,
    );
    gpu.close();
  }
});

test('two engines in one process do not meet', async () => {
  const gpus = await Promise.all([Gpu.open(), Gpu.open()]);
  const programs = await Promise.all(
    gpus.map((gpu) => gpu.compile(() => ({ y: transpose(null, gpu.input('x', [4, 4])) }))),
  );
  for (let i = 0; i < 5; i++) {
    const found = await Promise.all(programs.map((p, k) => p.run({ x: range(16, 100 * k + i) })));
    for (const [k, { y }] of found.entries()) assert.equal([...y!], transposed(range(16, 100 * k + i), 4));
  }
  gpus[0]!.close();
  assert.equal([...(await programs[1]!.run({ x: range(16) })).y!], transposed(range(16), 4));
  gpus[1]!.close();
});

test('a trace belongs to its engine', async () => {
  const [a, b] = await Promise.all([Gpu.open(), Gpu.open()]);
  const [first, second] = await Promise.all([
    a.compile(() => ({ y: matmul(null, a.input('x', [2, 2]), a.input('y', [2, 2])) })),
    b.compile(() => ({ y: transpose(null, b.input('x', [2, 2])) })),
  ]);
  assert.equal([...first.inputs.keys()], ['x', 'y']);
  assert.equal([...second.inputs.keys()], ['x']);
  for (const gpu of [a, b]) gpu.close();
});

test('without subgroups the plain cores give the same product', async () => {
  const products = [];
  for (const subgroups of [true, false]) {
    const gpu = await Gpu.open(subgroups ? {} : { family: 'plain' });
    const program = await gpu.compile(() => ({
      y: matmul(null, gpu.input('a', [16, 8]), gpu.input('b', [8, 64])),
    }));
    if (!subgroups) assert.is(program.each[0]!.launch.core, 'gemm/plain');
    products.push(await program.run({ a: range(128), b: range(512) }));
    gpu.close();
  }
  assert.equal(products[0]!.y, products[1]!.y);
});

test.run();
