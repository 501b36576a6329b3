import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '#kernels/assemble.ts';
import type { AnyKernel, Fragment } from '#kernels/kernel.ts';
import { KernelError } from '../../src/runtime/errors.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import type { Launch } from '../../src/runtime/recording.ts';
import { FrameKernel } from '../../src/web/frame_pipelines.ts';
import { linkAll } from './all_kernels.ts';

// Dawn's null backend compiles and validates like any other, on the lowest limits, and needs no GPU.

type Specials = Readonly<Record<string, number>>;

const SUBGROUPS = [4, 8, 32];

/** Marked constants to compile each core with; a kernel without cores is compiled as it stands. */
const SPECIALS: Readonly<Record<string, readonly Specials[]>> = {
  'gemm/plain': [4, 8].flatMap((ROWS) => [1, 2].map((COLS) => ({ ROWS, COLS }))),
  'gemm/subgroup': SUBGROUPS.flatMap((SG) =>
    [1, 2].map((COLS) => ({ SG, ROWS: SG * Math.max(1, Math.floor(24 / SG)), COLS })),
  ),
  'gemm/tiled': [
    { ROWS: 4, COLS: 1, TX: 4, TY: 16 },
    { ROWS: 8, COLS: 1, TX: 16, TY: 8 },
    { ROWS: 8, COLS: 2, TX: 8, TY: 16 },
  ],
  'gemm/deep': [
    { ROWS: 8, LANES: 64, SEGS: 1 },
    { ROWS: 4, LANES: 4, SEGS: 32 },
  ],
  // The null device says that its subgroups have up to 128 lanes.
  ...Object.fromEntries(
    ['gemm/matrix', 'gemm/matrix_early'].map((core) => [
      core,
      [
        { SG: 128, M: 16, N: 16, K: 16, GY: 1, GX: 2 },
        { SG: 128, M: 8, N: 8, K: 8, GY: 2, GX: 1, MY: 4 },
        { SG: 128, M: 16, N: 8, K: 16, GY: 1, GX: 1 },
      ],
    ]),
  ),
  'attention/plain': [1, 3].map((OWN) => ({ OWN, D4: 3, DV4: 4 })),
  'attention/subgroup': SUBGROUPS.flatMap((SG) => [
    { SG, OWN: 1, D4: 1, DV4: 3, A_HELD: 1, B_HELD: 1 },
    { SG, OWN: 2, D4: 9, DV4: 8, A_HELD: Math.ceil(9 / SG), B_HELD: Math.ceil(8 / SG) },
  ]),
  'attention/tiled': [
    { OWN: 2, D4: 2, DV4: 3, TILE: 16 },
    { OWN: 1, D4: 32, DV4: 32, TILE: 16 },
  ],
};

let gpu: Gpu;
let kernels: AnyKernel[];
let fragments: Fragment[];
test.before(async () => {
  gpu = await Gpu.open({ backend: 'null' });
  ({ kernels, fragments } = await linkAll());
});
test.after(() => gpu.close());

function launchOf(
  kernel: AnyKernel,
  core: string | null,
  specials: Specials,
  overrides: Launch['overrides'],
): Launch {
  return {
    label: kernel.name,
    kernel,
    core,
    specials,
    overrides,
    tensors: [],
    params: {},
    groups: [1, 1, 1],
    flops: 0,
    choice: null,
  };
}

const switchesOf = (kernel: AnyKernel, core: Fragment | null): string[] =>
  [...assemble(kernel, core, {}).matchAll(/^override (\w+): bool = (\w+)/gm)].map((m) => m[1]!);

/** All switches off, each on by itself, all on. */
function overridesOf(switches: readonly string[]): Launch['overrides'][] {
  const set = (on: (name: string) => boolean) => Object.fromEntries(switches.map((name) => [name, on(name)]));
  return [set(() => false), ...switches.map((one) => set((name) => name === one)), set(() => true)];
}

/** Every form of a kernel that is compiled here. */
function formsOf(kernel: AnyKernel): Launch[] {
  const cores = Object.keys(kernel.cores);
  return (cores.length ? cores : [null]).flatMap((core) => {
    const specials = core ? SPECIALS[core] : [{}];
    assert.ok(specials, `${kernel.name}: say in this test what ${core} is specialized with`);
    const overrides = overridesOf(switchesOf(kernel, core ? kernel.cores[core]! : null));
    return specials!.flatMap((s) => overrides.map((o) => launchOf(kernel, core, s, o)));
  });
}

test('every kernel compiles with every core, subgroup size and switch', async () => {
  const forms = kernels.filter((k) => !k.textures).flatMap(formsOf);
  const results = await Promise.allSettled(forms.map((form) => gpu.pipelines.get(form)));
  const failed = results.flatMap((r, i) =>
    r.status === 'rejected' ? [`${(r.reason as Error).message} ${JSON.stringify(forms[i]!.specials)}`] : [],
  );
  assert.equal(failed, []);
  console.log(`${kernels.length} kernels, ${forms.length} forms`);
  assert.ok(kernels.length > 5 && forms.length > 50);
});

test('the kernels that meet pictures compile', async () => {
  const pictures = kernels.filter((k) => k.textures);
  const tensor = gpu.parameter('x', [8, 8, 3]);
  for (const kernel of pictures) {
    const tensors = kernel.bindings.map(() => tensor);
    const format = kernel.stage === 'fragment' ? 'bgra8unorm' : null;
    (await FrameKernel.create(gpu, kernel, tensors, format)).dispose();
  }
  await gpu.faults.settle('frames');
  assert.is(pictures.length, 3);
});

test('the null device has the lowest limits, and refuses what does not fit them', async () => {
  assert.is(gpu.device.limits.maxComputeInvocationsPerWorkgroup, 256);
  assert.is(gpu.device.limits.maxComputeWorkgroupStorageSize, 16_384);
  assert.is(gpu.device.limits.maxStorageBuffersPerShaderStage, 8);
  const transpose = kernels.find((k) => k.name === 'transpose/forward')!;
  await rejects(launchOf({ ...transpose, name: 'wide' }, null, {}, { WG: 512 }), /^wide: .*512/);
  const swapped = { ...transpose, name: 'swapped', bindings: [...transpose.bindings].reverse() };
  await rejects(launchOf(swapped, null, {}, {}), /^swapped: /);
  const unnamed = {
    ...transpose,
    name: 'unnamed',
    source: transpose.source.replace('params.count', 'params.counts'),
  };
  await rejects(launchOf(unnamed, null, {}, {}), /^unnamed:\d+:\d+: .*counts/);
});

async function rejects(launch: Launch, message: RegExp): Promise<void> {
  const error = await gpu.pipelines.get(launch).then(
    () => assert.unreachable(`${launch.label} compiled`),
    (e: Error) => e,
  );
  assert.instance(error, KernelError);
  assert.match((error as Error).message, message);
}

test('messages give the line of the file, though comments are not in bundles', async () => {
  for (const kernel of kernels) {
    const file = (await readFile(`kernels/${kernel.name}.wgsl`, 'utf8')).split('\n');
    const linked = kernel.source.split('\n');
    const wrong = linked.findIndex((line, i) => line !== '' && line !== file[i]);
    assert.is(wrong, -1, `${kernel.name}.wgsl, line ${wrong + 1}`);
    assert.not.ok(
      linked.some((line) => /^\s*\/\/ (?!@)/.test(line)),
      `${kernel.name}: comments are left`,
    );
  }
});

test('params fit the slot of a launch', () => {
  for (const kernel of kernels)
    assert.ok(kernel.params.length <= 64, `${kernel.name}: ${kernel.params.length} params`);
});

test('every fragment serves a kernel', () => {
  const used = new Set<string>();
  const use = (fragment: Fragment): void => {
    if (used.has(fragment.name)) return;
    used.add(fragment.name);
    fragment.imports.forEach(use);
  };
  for (const kernel of kernels) for (const f of [...kernel.imports, ...Object.values(kernel.cores)]) use(f);
  assert.equal(
    fragments.map((f) => f.name).filter((name) => !used.has(name)),
    [],
  );
});

test.run();
