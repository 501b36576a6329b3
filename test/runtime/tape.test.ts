import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { assertRejects } from './rejects.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

/** Runs `loss` on inputs `[2, 2]` and returns the gradients of its sum weighted with 1, 2, 3, 4. */
async function gradientsOf(
  names: readonly string[],
  loss: (tape: Tape, x: Readonly<Record<string, Tensor>>) => Tensor,
): Promise<Record<string, number[]>> {
  const program = await gpu.compile(() => {
    const x = Object.fromEntries(names.map((name) => [name, gpu.input(name, [2, 2])]));
    const tape = new Tape();
    tape.watch(Object.values(x));
    const y = loss(tape, x);
    const found = tape.gradients(y, gpu.input('seed', y.shape), Object.values(x));
    return Object.fromEntries(names.map((name, i) => [name, found[i]!]));
  });
  const given = names.filter((name) => program.inputs.has(name)).map((name) => [name, range(4)]);
  const found = await program.run({ ...Object.fromEntries(given), seed: range(4) });
  program.dispose();
  return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, [...values]]));
}

test('gradients of a tensor that was used several times add up', async () => {
  const { x } = await gradientsOf(['x'], (tape, { x }) => add(tape, add(tape, x!, x!), x!));
  assert.equal(x, [3, 6, 9, 12]);
});

test('they add up through different paths', async () => {
  const { x } = await gradientsOf(['x'], (tape, { x }) => add(tape, transpose(tape, x!), x!));
  assert.equal(x, [1 + 1, 3 + 2, 2 + 3, 4 + 4]);
});

test('y = a b: da = dy bT, db = aT dy', async () => {
  const { a, b } = await gradientsOf(['a', 'b'], (tape, x) => matmul(tape, x.a!, x.b!));
  assert.equal(a, [5, 11, 11, 25]);
  assert.equal(b, [10, 14, 14, 20]);
});

test('a gradient has the shape of its tensor, though the loss saw a view', async () => {
  const program = await gpu.compile(() => {
    const x = gpu.input('x', [2, 4]);
    const tape = new Tape();
    tape.watch([x]);
    const y = add(tape, x.view([1, 8]), x.view([1, 8]));
    return { dx: tape.gradients(y, gpu.input('seed', [1, 8]), [x])[0]! };
  });
  assert.equal([...program.outputs.dx!.shape], [2, 4]);
  assert.equal([...(await program.run({ x: range(8), seed: range(8) })).dx!], [2, 4, 6, 8, 10, 12, 14, 16]);
  program.dispose();
});

test('ops beside the path of the loss are not differentiated', async () => {
  let asked = 0;
  const { x } = await gradientsOf(['x'], (tape, { x }) => {
    const beside = add(null, x!, x!);
    tape.record(beside, [x!], (dy) => {
      asked++;
      return [dy];
    });
    return add(tape, x!, x!);
  });
  assert.equal(x, [2, 4, 6, 8]);
  assert.is(asked, 0);
});

test('an op may return no gradient for an input', async () => {
  const { x } = await gradientsOf(['x'], (tape, { x }) => {
    const target = transpose(null, x!);
    const y = add(null, x!, target);
    tape.record(y, [x!, target], (dy) => [dy, null]);
    return y;
  });
  assert.equal(x, [1, 2, 3, 4]);
});

test('a wanted tensor that the loss does not depend on is named', async () => {
  await assertRejects(
    gradientsOf(['x', 'mask'], (tape, { x }) => transpose(tape, x!)),
    KernelError,
    /gradients: the loss does not depend on mask/,
  );
});

test('an op with several outputs of which one is unused says so', async () => {
  await assertRejects(
    gradientsOf(['x'], (tape, { x }) => {
      const [left, right] = [add(null, x!, x!), transpose(null, x!)];
      tape.record([left, right], [x!], (dl) => [dl]);
      return left;
    }),
    KernelError,
    /an op with several outputs had one unused/,
  );
});

test('ops on tensors that nobody watches record nothing', async () => {
  const program = await gpu.compile(() => {
    const [x, w] = [gpu.input('x', [2, 2]), gpu.input('w', [2, 2])];
    const tape = new Tape();
    tape.watch([w]);
    const frozen = transpose(tape, x);
    assert.not.ok(tape.tracks(frozen));
    const y = add(tape, frozen, w);
    assert.ok(tape.tracks(y));
    assert.throws(() => tape.gradients(y, gpu.input('seed', [2, 2]), [x]), /does not depend on x/);
    const launched = gpu.recording.launches.length;
    tape.gradients(frozen, w, []);
    assert.is(gpu.recording.launches.length, launched, 'no launch for what is not tracked');
    return { y };
  });
  program.dispose();
});

test('gradients that nobody asks for cost no launch', async () => {
  const compiled = (wanted: 'a' | 'b') =>
    gpu.compile(() => {
      const x = { a: gpu.input('a', [2, 2]), b: gpu.input('b', [2, 2]) };
      const tape = new Tape();
      tape.watch([x.a, x.b]);
      const y = matmul(tape, x.a, x.b);
      return { d: tape.gradients(y, gpu.input('seed', [2, 2]), [x[wanted]])[0]! };
    });
  for (const wanted of ['a', 'b'] as const) {
    const program = await compiled(wanted);
    // The gradient of a turns b first.
    assert.is(program.each.length, wanted === 'a' ? 2 : 1);
    program.dispose();
  }
});

test.run();
