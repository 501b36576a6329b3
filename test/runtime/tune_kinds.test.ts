import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Gpu } from '../../src/runtime/gpu.ts';
import { attention } from '../../src/runtime/ops/attention.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import type { Program } from '../../src/runtime/program.ts';
import { Tape } from '../../src/runtime/tape.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import { type TuneOptions, type Tuning, tune } from '../../src/runtime/tune.ts';
import type { Form } from '../../src/runtime/tuner.ts';
import { normals } from '../ops/spec.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
});
test.after(() => gpu.close());

const N = 64;

/** Tunes with normal numbers in all inputs and a timer by which every form takes the same time. */
async function tuned(program: Program, options: Partial<TuneOptions> = {}): Promise<Tuning> {
  const values = [...program.inputs].map(([name, { size }], i) => [
    name,
    Float32Array.from({ length: size }, normals(i + 1)),
  ]);
  await program.run(Object.fromEntries(values));
  return tune(program, { seconds: 600, rounds: 1, timer: async () => 1, ...options });
}

const multiplied = (dtype: 'f32' | 'f16'): Promise<Program> =>
  gpu.compile(() => {
    const [a, b] = [gpu.input('a', [N, N], dtype), gpu.input('b', [N, N], dtype)];
    return { y: matmul(null, a, b) };
  });

test('all forms of attention and of its gradients give the same numbers', async () => {
  const program = await gpu.compile(() => {
    const tape = new Tape();
    const qkv = ['q', 'k', 'v'].map((name) => gpu.input(name, [1, 40, 24])) as [Tensor, Tensor, Tensor];
    tape.watch(qkv);
    const y = attention(tape, ...qkv, { heads: 2 });
    const [dq, dk, dv] = tape.gradients(y, gpu.input('dy', [1, 40, 24]), qkv) as [Tensor, Tensor, Tensor];
    return { y, dq, dk, dv };
  });
  const { keys, left } = await tuned(program);
  assert.equal(left, []);
  assert.equal(
    keys.map(({ key }) => key.split(' ')[0]).sort(),
    ['forward', 'grad_kv', 'grad_q'].map((kernel) => `attention/${kernel}`),
  );
  for (const { key, ms, refused } of keys) {
    assert.equal([...refused], [], key);
    assert.ok(ms.size > 2, key);
  }
  program.dispose();
});

test('products of f16 have keys of their own, and all their forms pass', async () => {
  const key = `matmul/forward ${N}x${N}x${N} z1`;
  for (const [dtype, want] of [['f32', key] as const, ['f16', `${key} hhh`] as const]) {
    if (dtype === 'f16' && !gpu.features.f16) continue;
    const program = await multiplied(dtype);
    const { keys } = await tuned(program);
    assert.equal(
      keys.map((one) => [one.key, [...one.refused]]),
      [[want, []]],
    );
    program.dispose();
  }
});

test('a form that leaves elements of f16 out is refused', async () => {
  if (!gpu.features.f16) return;
  const program = await multiplied('f16');
  const { forms } = program.each[0]!.launch.choice!;
  const plain = forms.get('plain 4x1')!;
  (forms as Map<string, Form>).set('part', { ...plain, groups: [plain.groups[0], 1, 1] });
  const { keys } = await tuned(program);
  assert.equal([...keys[0]!.refused.keys()], ['part']);
  assert.match(keys[0]!.refused.get('part')!, /is NaN/);
  program.dispose();
});

test.run();
