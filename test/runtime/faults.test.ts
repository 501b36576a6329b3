import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AnyKernel } from '#kernels/kernel.ts';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { add } from '../../src/runtime/ops/add.ts';
import { transpose } from '../../src/runtime/ops/transpose.ts';
import type { Program } from '../../src/runtime/program.ts';
import { changedKernel, launchTranspose, transposed } from './launches.ts';
import { assertRejects } from './rejects.ts';

const range = (n: number, from = 1) => Float32Array.from({ length: n }, (_, i) => i + from);

/** A test with a device of its own: what a device reports stays with it. */
function testOnDevice(name: string, body: (gpu: Gpu) => Promise<void>): void {
  test(name, async () => {
    const gpu = await Gpu.open();
    try {
      await body(gpu);
    } finally {
      gpu.close();
    }
  });
}

/** y = xT and z = x + x for x `[4, 4]`. */
const network = (gpu: Gpu): Promise<Program> =>
  gpu.compile(() => {
    const x = gpu.input('x', [4, 4]);
    return { y: transpose(null, x), z: add(null, x, x) };
  });

const compileOf = (gpu: Gpu, kernel: AnyKernel, WG = 64): Promise<Program> =>
  gpu.compile(() => ({ y: launchTranspose(gpu.input('x', [4, 4]), gpu.temp([4, 4]), { kernel, WG }) }));

/** The device must be as good as new, and nothing of a program that failed be left. */
async function assertUnharmed(gpu: Gpu): Promise<void> {
  const program = await network(gpu);
  assert.equal([...(await program.run({ x: range(16) })).y!], transposed(range(16), 4));
  program.dispose();
  assert.equal({ ...gpu.counts }, { buffers: 0, bytes: 0, bindGroups: 0 });
}

testOnDevice('WGSL that does not parse is reported by kernel, line and column', async (gpu) => {
  const kernel = changedKernel('transpose/unparsed', [/var block: mat4x4f;/, 'var block mat4x4f;']);
  const line = kernel.source.split('\n').findIndex((l) => l.includes('var block mat4x4f')) + 1;
  const message = new RegExp(
    `^transpose/unparsed:${line}:\\d+: .* \\(in .*unparsed x \\[4, 4\\], y \\[4, 4\\]\\)$`,
  );
  await assertRejects(compileOf(gpu, kernel), KernelError, message);
  await assertRejects(compileOf(gpu, kernel), KernelError, message);
  await assertUnharmed(gpu);
});

testOnDevice('WGSL of a wrong type is reported by kernel', async (gpu) => {
  const kernel = changedKernel('transpose/mistyped', [/= turned\[c\];/, '= turned;']);
  await assertRejects(compileOf(gpu, kernel), KernelError, /^transpose\/mistyped:\d+:\d+: .*mat4x4/);
  await assertUnharmed(gpu);
});

testOnDevice('a kernel that the linker cannot assemble is named', async (gpu) => {
  const kernel = changedKernel('transpose/unrolled', [
    /var block/,
    '// @unroll LANES\n  { const k = 0u; }\n  var block',
  ]);
  await assertRejects(compileOf(gpu, kernel), KernelError, /^transpose\/unrolled: .*LANES/);
  await assertUnharmed(gpu);
});

testOnDevice('a workgroup above the limit is reported by kernel', async (gpu) => {
  const kernel = changedKernel('transpose/wide', [/WG: u32 = 64/, 'WG: u32 = 32']);
  await assertRejects(compileOf(gpu, kernel, 100_000), KernelError, /^transpose\/wide: .*workgroup/);
  await assertUnharmed(gpu);
});

testOnDevice('a core or override that the kernel does not have is reported by kernel', async (gpu) => {
  const kernel = changedKernel('transpose/plain', [/override WG/, 'override WIDTH: u32 = 4; override WG']);
  const launch = (options: object) =>
    gpu.compile(() => {
      const y = gpu.temp([4, 4]);
      const params = { count: 1, rows: 4, cols: 4, x_pitch4: 1, y_pitch4: 1 };
      gpu.run(kernel, { x: gpu.input('x', [4, 4]), y }, params, { groups: [1], ...options });
      return { y };
    });
  await assertRejects(launch({ core: 'gemm/matrix' }), KernelError, /^transpose\/plain: .*gemm\/matrix/);
  await assertRejects(launch({ overrides: { DEPTH: 4 } }), KernelError, /^transpose\/plain: .*DEPTH/);
  await assertUnharmed(gpu);
});

testOnDevice('a param that is missing or not a number is named', async (gpu) => {
  const kernel = changedKernel('transpose/plain', [/WG: u32 = 64/, 'WG: u32 = 32']);
  const launch = (params: Record<string, number>) =>
    gpu.compile(() => {
      const y = gpu.temp([4, 4]);
      gpu.run(kernel, { x: gpu.input('x', [4, 4]), y }, params, { groups: [1] });
      return { y };
    });
  const whole = { count: 1, rows: 4, cols: 4, x_pitch4: 1, y_pitch4: 1 };
  await assertRejects(
    launch({ ...whole, cols: Number.NaN }),
    KernelError,
    /^transpose\/plain: params\.cols is NaN/,
  );
  const { rows: _, ...partial } = whole;
  await assertRejects(launch(partial), KernelError, /^transpose\/plain: params\.rows is undefined/);
  await assertUnharmed(gpu);
});

testOnDevice('dispatches outside the limits are named when they are traced', async (gpu) => {
  for (const [groups, what] of [
    [[65_536, 1, 1], '65536 x 1 x 1'],
    [[1, 1, 65_536], '1 x 1 x 65536'],
    [[0, 1, 1], '0 x 1 x 1'],
    [[1.5, 1, 1], '1.5 x 1 x 1'],
    [[Number.NaN, 1, 1], 'NaN x 1 x 1'],
  ] as const) {
    const launch = gpu.compile(() => {
      const y = gpu.temp([4, 4]);
      const params = { count: 1, rows: 4, cols: 4, x_pitch4: 1, y_pitch4: 1 };
      const kernel = changedKernel('transpose/plain', [/WG: u32 = 64/, 'WG: u32 = 32']);
      gpu.scope('head', () => gpu.run(kernel, { x: gpu.input('x', [4, 4]), y }, params, { groups }));
      return { y };
    });
    await assertRejects(launch, KernelError, new RegExp(`^head/transpose/plain: ${what} workgroups`));
  }
  await assertUnharmed(gpu);
});

testOnDevice('a tensor above the binding limit is named with its launch, shape and bytes', async (gpu) => {
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const rows = Math.floor(limit / 16) + 1;
  const launch = gpu.compile(() => ({
    y: gpu.scope('head', () => launchTranspose(gpu.input('x', [rows, 4]), gpu.temp([4, rows]))),
  }));
  const message = new RegExp(
    `^head/transpose/forward: x \\[${rows}, 4\\] needs ${rows * 16} bytes .* allows ${limit}`,
  );
  await assertRejects(launch, KernelError, message);
  assert.throws(
    () => gpu.parameter('conv9.weight', [rows, 4]),
    new RegExp(`^conv9\\.weight: needs ${rows * 16} bytes .* allows `.slice(1)),
  );
  await assertUnharmed(gpu);
});

testOnDevice('a parameter that was disposed is named with its launch', async (gpu) => {
  const w = gpu.parameter('w', [4, 4]);
  gpu.dispose(w);
  const launch = gpu.compile(() => ({ y: transpose(null, w) }));
  await assertRejects(launch, KernelError, /^transpose\/forward: x \[4, 4\] was disposed/);
  assert.throws(() => gpu.write(w, range(16)), /write: w has no buffer/);
  await assertRejects(gpu.read(w), KernelError, /read: w has no buffer/);
  await assertUnharmed(gpu);
});

testOnDevice('tensors of another device are refused by launch, write and read', async (gpu) => {
  const other = await Gpu.open();
  const w = other.parameter('w', [4, 4], range(16));
  const launch = gpu.compile(() => ({ y: add(null, gpu.input('x', [4, 4]), w) }));
  await assertRejects(launch, KernelError, /^add\/forward: b \[4, 4\] lives on another device/);
  assert.throws(() => gpu.write(w, range(16)), /write: w lives on another device/);
  await assertRejects(gpu.read(w), KernelError, /read: w lives on another device/);
  other.close();
  await assertUnharmed(gpu);
});

test.run();
