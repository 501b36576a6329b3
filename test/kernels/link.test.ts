import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

// A copy of the linker with kernels of its own: it reads the folder that it lies in.
let folder: string;
let link: typeof import('../../kernels/link.mjs');
let good: string;
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2gan-link-'));
  await copyFile('kernels/link.mjs', join(folder, 'link.mjs'));
  await cp('kernels/gemm', join(folder, 'gemm'), { recursive: true });
  link = await import(pathToFileURL(join(folder, 'link.mjs')).href);
  good = await readFile('kernels/transpose/forward.wgsl', 'utf8');
  await write('good', good);
});
test.after(() => rm(folder, { recursive: true }));

async function write(name: string, source: string): Promise<void> {
  const path = join(folder, `${name}.wgsl`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, source);
}

/** Writes the good kernel with one change under this name, and reflects it. */
async function changed(name: string, from: RegExp | string, to: string) {
  const source = good.replace(from, to);
  assert.is.not(source, good, `${from} is not in the kernel`);
  await write(name, source);
  return link.reflect(name);
}

async function refuses(name: string, from: RegExp | string, to: string, message: RegExp): Promise<void> {
  const error = await changed(name, from, to).then(
    () => assert.unreachable(`${name} was linked`),
    (e: Error) => e,
  );
  assert.match((error as Error).message, message);
}

test('a kernel is reflected: bindings in order, params, overrides', () => {
  const kernel = link.reflect('good')!;
  assert.equal(kernel.bindings, [
    { name: 'x', access: 'read' },
    { name: 'y', access: 'read_write' },
  ]);
  assert.equal(
    kernel.params,
    ['count', 'rows', 'x_pitch4', 'y_pitch4', 'cols'].map((name) => ({ name, type: 'u32' })),
  );
  assert.equal([kernel.overrides, kernel.specials, kernel.cores, kernel.imports], [['WG'], [], [], []]);
});

test('params keep their types, comments apart', async () => {
  const kernel = await changed(
    'params',
    'count: u32,',
    '\n  scale: f32,  // of y, in [0, 1]\n  // spare: f32,\n  count: i32,',
  );
  assert.equal(kernel!.params.slice(0, 3), [
    { name: 'scale', type: 'f32' },
    { name: 'count', type: 'i32' },
    { name: 'rows', type: 'u32' },
  ]);
});

test('overrides and marked constants of imports belong to the kernel', async () => {
  await write('lib/inner', 'override DEEP: bool = false;\nalias Store = f32;  // @specialize\n');
  await write(
    'lib/outer',
    '// @import lib/inner\noverride KIND: u32 = 0;\nconst TAPS: u32 = 3u;  // @specialize\n',
  );
  const kernel = await changed('imports', 'struct Params', '// @import lib/outer\nstruct Params');
  assert.equal(kernel!.imports, ['lib/outer']);
  assert.equal(kernel!.overrides, ['WG', 'KIND', 'DEEP']);
  assert.equal(kernel!.specials, ['TAPS', 'Store']);
});

test('a kernel without an entry point takes those of its cores, with their overrides and constants', async () => {
  const body = /@compute[\s\S]*$/;
  await write('cores', `// @core gemm/plain gemm/subgroup\n${good.replace(body, '')}`);
  const kernel = link.reflect('cores')!;
  assert.equal(kernel.cores, ['gemm/plain', 'gemm/subgroup']);
  assert.equal(kernel.overrides.sort(), ['WG', 'WX', 'WY', 'WY']);
  assert.equal([...new Set(kernel.specials)].sort(), ['COLS', 'ROWS', 'SG']);
});

test('text without bindings is a fragment', async () => {
  await write('lib/square', 'fn square(x: f32) -> f32 { return x * x; }\n');
  assert.is(link.reflect('lib/square'), null);
});

test('bindings out of order, or of another group, are refused by name', async () => {
  await refuses('order', '@binding(1)', '@binding(2)', /order\.wgsl: binding y is out of order/);
  await refuses('twice', '@binding(1)', '@binding(0)', /twice\.wgsl: binding y is out of order/);
  await refuses(
    'group',
    '@group(0) @binding(1)',
    '@group(1) @binding(1)',
    /group\.wgsl: binding y is out of order/,
  );
});

test('bindings in a form that it does not read are refused, not passed over', async () => {
  const line = '@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;';
  for (const [name, other] of [
    ['swapped', '@binding(1) @group(0) var<storage, read_write> y: array<vec4f>;'],
    ['write_only', '@group(0) @binding(1) var<storage, write> y: array<vec4f>;'],
    ['broken_line', '@group(0) @binding(1)\n  var<storage, read_write> y: array<vec4f>;'],
    ['indented', '  @group(0) @binding(1) var<storage, read_write> y: array<vec4f>;'],
    ['texture', '@group(0) @binding(1) var y: texture_2d<f32>;'],
  ] as const) {
    await refuses(name, line, other, new RegExp(`${name}\\.wgsl: cannot read the binding`));
  }
});

test('the uniform is params at group 0, binding 8', async () => {
  const message = /the uniform must be params at group 0, binding 8/;
  await refuses('uniform_name', 'var<uniform> params', 'var<uniform> sizes', message);
  await refuses('uniform_group', '@binding(8)', '@binding(7)', message);
});

test('a field of Params that is not a 4-byte scalar is refused by name', async () => {
  await refuses(
    'vector',
    'rows: u32',
    'rows: vec2u',
    /vector\.wgsl: Params\.rows: vec2u is not a 4-byte scalar/,
  );
  await refuses('half', 'rows: u32', 'rows: f16', /half\.wgsl: Params\.rows: f16 is not a 4-byte scalar/);
});

test('more than 8 storage buffers are refused: some devices have no more', async () => {
  const more = (n: number) =>
    Array.from(
      { length: n },
      (_, i) => `@group(0) @binding(${i + 2}) var<storage, read> m${i}: array<f32>;\n`,
    ).join('');
  assert.is(
    (await changed('eight', /^@group\(0\) @binding\(8\)/m, `${more(6)}@group(0) @binding(8)`))!.bindings
      .length,
    8,
  );
  await refuses(
    'nine',
    /^@group\(0\) @binding\(8\)/m,
    `${more(7)}@group(0) @binding(8)`,
    /nine\.wgsl: 9 storage buffers, the lowest limit is 8/,
  );
});

test('an import or core that does not exist is refused by name', async () => {
  await refuses(
    'lost',
    'struct',
    '// @import lib/nothing\nstruct',
    /lost\.wgsl: imports lib\/nothing, which does not exist/,
  );
  await write('lib/far', '// @import lib/farther\n');
  await refuses('far', 'struct', '// @import lib/far\nstruct', /lib\/far\.wgsl: imports lib\/farther, which/);
  await refuses('core', 'struct', '// @core gemm/nothing\nstruct', /core\.wgsl: imports gemm\/nothing/);
});

test('a kernel has one entry point, of its own or of its cores', async () => {
  const again = good.slice(good.search(/@compute/)).replace('fn main', 'fn other');
  const message = (name: string) =>
    new RegExp(`${name}\\.wgsl: must have one entry point or one list of cores`);
  await refuses('two', /$/, `\n${again}`, message('two'));
  await refuses('none', /@compute.*\n/, '', message('none'));
  await refuses('both', 'struct', '// @core gemm/plain\nstruct', message('both'));
});

test('imports in a circle come to an end', async () => {
  await write('lib/a', '// @import lib/b\noverride A: u32 = 0;\n');
  await write('lib/b', '// @import lib/a\noverride B: u32 = 0;\n');
  assert.equal((await changed('circle', 'struct', '// @import lib/a\nstruct'))!.overrides, ['WG', 'A', 'B']);
});

test('types are written beside kernels, and only where they changed', async () => {
  const own = await mkdtemp(join(tmpdir(), 'e2gan-types-'));
  await copyFile('kernels/link.mjs', join(own, 'link.mjs'));
  await writeFile(join(own, 'turn.wgsl'), good);
  await writeFile(join(own, 'part.wgsl'), 'fn part() {}\n');
  const linker: typeof link = await import(pathToFileURL(join(own, 'link.mjs')).href);
  assert.equal(await linker.listFiles(), ['part.wgsl', 'turn.wgsl']);
  await linker.writeTypes();
  const types = await readFile(join(own, 'turn.d.wgsl.ts'), 'utf8');
  assert.match(types, "Kernel<{ x: 'read'; y: 'read_write' }, 'count' | 'rows'");
  assert.match(types, "'WG', never, never>");
  await readFile(join(own, 'part.d.wgsl.ts')).then(
    () => assert.unreachable('a fragment has no types'),
    () => {},
  );
  await rm(own, { recursive: true });
});

test.run();
