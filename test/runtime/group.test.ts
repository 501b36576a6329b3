import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { gatherGroup, type ParameterGroup, parameterGroup } from '../../src/runtime/group.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { launchTranspose, transposed } from './launches.ts';
import { assertRejects } from './rejects.ts';

let gpu: Gpu;
let group: ParameterGroup;
test.before(async () => {
  gpu = await Gpu.open();
  group = parameterGroup(
    gpu,
    'weights',
    new Map([
      ['w', [4, 4]],
      ['b', [3]],
      ['v', [4, 4]],
    ]),
  );
});
test.after(() => gpu.close());

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

/** The three gradients as they lie in the gathered whole, and whether all between them is zero. */
function split(flat: ArrayLike<number>) {
  const all = Array.from(flat);
  const part = (from: number, n: number) => all.splice(from, n, ...new Array(n).fill(0));
  const [w, b, v] = [part(0, 16), part(64, 3), part(128, 16)];
  return { w, b, v, isRestZero: all.every((x) => x === 0) };
}

test('parameters of a group lie in one buffer at offsets of 256 bytes, zero between', async () => {
  const buffers = gpu.counts.buffers;
  const { flat, tensors } = group;
  assert.equal([...flat.shape], [192]);
  assert.equal(
    [...tensors.values()].map((t) => [t.storage.name, t.storage.offset]),
    [
      ['w', 0],
      ['b', 256],
      ['v', 512],
    ],
  );
  gpu.write(tensors.get('w')!, range(16));
  gpu.write(tensors.get('b')!, range(3, 20));
  assert.equal([...(await gpu.read(tensors.get('w')!))], [...range(16)]);
  assert.equal([...(await gpu.read(tensors.get('b')!))], [20, 21, 22]);
  assert.equal(split(await gpu.read(flat)), {
    w: [...range(16)],
    b: [20, 21, 22],
    v: new Array(16).fill(0),
    isRestZero: true,
  });
  assert.is(gpu.counts.buffers, buffers, 'parts have no buffers of their own');
});

test('a write to one parameter makes stale what was derived from its group', async () => {
  const program = await gpu.compile(() => ({ y: transpose(null, group.tensors.get('w')!) }));
  await program.run();
  gpu.write(group.tensors.get('w')!, range(16, 5));
  assert.equal([...(await program.run()).y!], transposed(range(16, 5), 4));
  gpu.write(group.flat, new Float32Array(192).fill(3));
  assert.equal([...(await program.run()).y!], new Array(16).fill(3));
  program.dispose();
});

/** Gathers what `gradients` makes from `x [4, 4]` and `c [3]`, behind launches that leave rubbish in the arena. */
function gathered(gradients: (x: Tensor, c: Tensor) => Tensor[]): Promise<Program> {
  return gpu.compile(() => {
    const [x, c] = [gpu.input('x', [4, 4]), gpu.input('c', [3])];
    const rubbish = add(null, gpu.input('rubbish', [192]), gpu.input('more', [192]));
    const used = add(null, rubbish, rubbish);
    const flat = gatherGroup(gpu, group, gradients(x, c));
    return { flat: add(null, flat, flat), used };
  });
}

const given = {
  x: range(16),
  c: range(3, 100),
  rubbish: range(192, 1000),
  more: range(192, 1000),
};
const twice = (values: Iterable<number>) => [...values].map((v) => 2 * v);

test('gradients are gathered without a copy, zero between', async () => {
  const program = await gathered((x, c) => [transpose(null, x), add(null, c, c), add(null, x, x)]);
  assert.is(program.each.length, 3 + 3, 'three gradients and the three sums around them');
  for (let run = 0; run < 2; run++) {
    const { flat } = await program.run(given);
    assert.equal(split(flat!), {
      w: twice(transposed(given.x, 4)),
      b: twice(twice(given.c)),
      v: twice(twice(given.x)),
      isRestZero: true,
    });
  }
  program.dispose();
});

test('a gradient that two parameters share is copied', async () => {
  const program = await gathered((x, c) => {
    const shared = transpose(null, x);
    return [shared, add(null, c, c), shared];
  });
  const { flat } = await program.run(given);
  const want = twice(transposed(given.x, 4));
  assert.equal(split(flat!), { w: want, b: twice(twice(given.c)), v: want, isRestZero: true });
  program.dispose();
});

test('a gradient that another is computed from is copied: one launch may not read and write a buffer', async () => {
  const program = await gathered((x, c) => {
    const dw = transpose(null, x);
    return [dw, add(null, c, c), transpose(null, dw)];
  });
  const { flat } = await program.run(given);
  assert.equal(split(flat!).w, twice(transposed(given.x, 4)));
  assert.equal(split(flat!).v, twice(given.x));
  program.dispose();
});

test('inputs and parameters are copied: they have their place', async () => {
  const program = await gathered((x, c) => [x, c, group.tensors.get('v')!]);
  gpu.write(group.tensors.get('v')!, range(16, 7));
  const { flat } = await program.run(given);
  assert.equal(split(flat!), {
    w: twice(given.x),
    b: twice(given.c),
    v: twice(range(16, 7)),
    isRestZero: true,
  });
  program.dispose();
});

test('tensors may be gathered into two wholes', async () => {
  const program = await gpu.compile(() => {
    const [x, c] = [gpu.input('x', [4, 4]), gpu.input('c', [3])];
    const all = [transpose(null, x), add(null, c, c), add(null, x, x)];
    return { first: gatherGroup(gpu, group, all), second: gatherGroup(gpu, group, all) };
  });
  const { first, second } = await program.run({ x: given.x, c: given.c });
  assert.equal(split(first!), split(second!));
  assert.equal(split(second!).w, transposed(given.x, 4));
  program.dispose();
});

test('a gathered gradient may be an output by itself', async () => {
  const program = await gpu.compile(() => {
    const [x, c] = [gpu.input('x', [4, 4]), gpu.input('c', [3])];
    const all = [transpose(null, x), add(null, c, c), add(null, x, x)];
    return { flat: gatherGroup(gpu, group, all), v: all[2]! };
  });
  const { v } = await program.run({ x: given.x, c: given.c });
  assert.equal([...v!], twice(given.x));
  program.dispose();
});

test('one launch updates all parameters of a group', async () => {
  gpu.write(group.flat, new Float32Array(192));
  const program = await gpu.compile(() => {
    const [x, c] = [gpu.input('x', [4, 4]), gpu.input('c', [3])];
    const flat = gatherGroup(gpu, group, [transpose(null, x), add(null, c, c), add(null, x, x)]);
    launchTranspose(flat.view([12, 4, 4]), group.flat.view([12, 4, 4]));
    return {};
  });
  program.submit({ x: given.x, c: given.c });
  await program.settle();
  assert.equal([...(await gpu.read(group.tensors.get('w')!))], [...given.x]);
  program.dispose();
});

test('a tensor too few is refused', async () => {
  await assertRejects(
    gathered((x) => [transpose(null, x)]),
    KernelError,
    /gather: 1 tensors do not fill the group/,
  );
});

test.run();
