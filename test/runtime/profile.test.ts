import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { matmul } from '../../src/runtime/ops/matmul.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { launchTranspose } from './launches.ts';
import { assertRejects } from './rejects.ts';

let gpu: Gpu;
test.before(async () => {
  gpu = await Gpu.open();
  if (!gpu.features.timestamps) console.log('SKIP profiles: this device has no timestamp-query');
});
test.after(() => gpu.close());

const network = (): Promise<Program> =>
  gpu.compile(() =>
    gpu.scope('encoder', () => {
      const x = gpu.input('x', [16, 16]);
      const y = gpu.scope('block1', () => matmul(null, x, transpose(null, x)));
      return { y: launchTranspose(add(null, y, x), gpu.temp([16, 16]), { label: 'turn' }) };
    }),
  );

test('every launch is timed, under its scopes and label', async () => {
  if (!gpu.features.timestamps) return;
  const program = await network();
  const times = await program.profile(3);
  assert.equal(
    times.map((t) => t.label),
    [
      'encoder/block1/transpose/forward',
      'encoder/block1/matmul/forward',
      'encoder/add/forward',
      'encoder/turn',
    ],
  );
  assert.equal(
    times.map((t) => t.kernel),
    ['transpose/forward', 'matmul/forward', 'add/forward', 'transpose/forward'],
  );
  assert.match(times[1]!.core ?? '', /^gemm\//);
  assert.is(times[0]!.core, null);
  for (const t of times) assert.ok(Number.isFinite(t.ms) && t.ms >= 0, `${t.label}: ${t.ms} ms`);
  assert.ok(
    times.some((t) => t.ms > 0),
    'some launch takes time',
  );
  program.dispose();
});

test('flops are those of the op, bytes those of each buffer once', async () => {
  if (!gpu.features.timestamps) return;
  const program = await network();
  const [turned, product] = await program.profile(1);
  assert.is(product!.flops, 2 * 16 * 16 * 16);
  assert.is(turned!.bytes, 2 * 16 * 16 * 4);
  assert.is(product!.bytes, 3 * 16 * 16 * 4);
  program.dispose();
});

test('a program of more launches than fit into one query set is timed in parts', async () => {
  if (!gpu.features.timestamps) return;
  const program = await gpu.compile(() => {
    let x = gpu.input('x', [4, 4]);
    for (let i = 0; i < 2050; i++) x = launchTranspose(x, gpu.temp([4, 4]), { label: `turn${i}` });
    return { x };
  });
  const times = await program.profile(1);
  assert.is(times.length, 2050);
  assert.is(times.at(-1)!.label, 'turn2049');
  assert.ok(times.every((t) => Number.isFinite(t.ms)));
  program.dispose();
});

test('a profile gives back what it made', async () => {
  if (!gpu.features.timestamps) return;
  const program = await network();
  const counts = { ...gpu.counts };
  await program.profile(2);
  assert.equal({ ...gpu.counts }, counts);
  program.dispose();
});

test('a program without launches has an empty profile', async () => {
  if (!gpu.features.timestamps) return;
  const program = await gpu.compile(() => ({ x: gpu.input('x', [1]) }));
  assert.equal(await program.profile(1), []);
  program.dispose();
});

test('scopes end where they end, by an exception too', async () => {
  assert.throws(() =>
    gpu.scope('broken', () => {
      throw new Error('in the trace');
    }),
  );
  const program = await gpu.compile(() => {
    const x = gpu.scope('outer', () => gpu.input('x', [4, 4]));
    return { y: transpose(null, x) };
  });
  assert.is(program.each[0]!.launch.label, 'transpose/forward');
  program.dispose();
});

test('a device without timestamps says so', async () => {
  const program = await network();
  const plain = { ...gpu.features, timestamps: false };
  const features = gpu.features;
  Object.assign(gpu, { features: plain });
  await assertRejects(program.profile(1), KernelError, /profile: this device has no timestamp-query/);
  Object.assign(gpu, { features });
  program.dispose();
});

test.run();
