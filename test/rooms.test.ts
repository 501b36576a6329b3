import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { functionsOf, globalsOf, importsOf, readTree, type Source, stringsOf } from './source_tree.ts';

// The architecture, checked: who may import whom, what may be named where, how long anything may be.

let tree: Source[];
test.before(async () => {
  tree = await readTree();
});

const code = () => tree.filter((f) => f.ast);
const isIn = (folder: string) => (path: string) => path.startsWith(`${folder}/`);
const namesIn = (folder: string, suffix: string): string[] =>
  tree
    .map((f) => f.path)
    .filter((p) => isIn(folder)(p) && p.endsWith(suffix) && !p.endsWith(`.test${suffix}`))
    .map((p) => p.slice(folder.length + 1, -suffix.length));

/** Fails with one line for each. */
function none(found: readonly string[]): void {
  if (found.length) assert.unreachable(found.join('\n    '));
}

const ROOMS = [
  'kernels',
  'src/runtime',
  'src/model',
  'src/train',
  'src/cli',
  'src/web',
  'scripts',
  'test',
  'bench',
];
const roomOf = (path: string): string => ROOMS.find((room) => isIn(room)(path)) ?? path;

/** The rooms that each may import besides itself; test and bench may import anything. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernels: [],
  'src/runtime': ['kernels'],
  'src/model': ['kernels', 'src/runtime'],
  'src/train': ['kernels', 'src/runtime', 'src/model'],
  'src/cli': ['kernels', 'src/runtime', 'src/model', 'src/train', 'scripts'],
  'src/web': ['kernels', 'src/runtime', 'src/model', 'src/train'],
  scripts: [],
  'build.mjs': ['kernels', 'scripts'],
  test: [...ROOMS, 'build.mjs'],
  bench: [...ROOMS, 'build.mjs'],
};

const isOurs = (target: string) => /^(kernels|src|scripts|test|bench|build\.mjs)(\/|$)/.test(target);

test('imports run one way between the rooms', () => {
  none(
    code().flatMap((file) => {
      const room = roomOf(file.path);
      const allowed = MAY_IMPORT[room];
      if (!allowed) return [`${file.path} is in no room`];
      const foreign = importsOf(file).filter((t) => isOurs(t) && roomOf(t) !== room);
      return foreign.filter((t) => !allowed.includes(roomOf(t))).map((t) => `${file.path} imports ${t}`);
    }),
  );
});

test('relative imports stay in the repository and name a file', () => {
  const known = new Set(tree.map((f) => f.path));
  none(
    code().flatMap((file) =>
      importsOf(file)
        .filter((t) => isOurs(t) && !known.has(t))
        .map((t) => `${file.path} imports ${t}, which is no source file`),
    ),
  );
});

/** Node's own modules are for the command line and for tools; everything else runs in browsers too. */
const MAY_USE_NODE =
  /^(src\/cli|scripts|test|bench)\/|^(build\.mjs|kernels\/link\.mjs|src\/runtime\/gpu\.node\.ts)$/;
const NODE_GLOBALS = ['process', 'Buffer', '__dirname', '__filename', 'require'];

test('only the command line and the tools use Node', () => {
  none(
    code()
      .filter((file) => !MAY_USE_NODE.test(file.path))
      .flatMap((file) => [
        ...importsOf(file)
          .filter((t) => t.startsWith('node:'))
          .map((t) => `${file.path} imports ${t}`),
        ...NODE_GLOBALS.filter((name) => globalsOf(file).has(name)).map(
          (name) => `${file.path} uses ${name}`,
        ),
      ]),
  );
});

const MAY_USE_DOM = /^src\/(web\/|runtime\/gpu\.browser\.ts$)/;
const DOM_NAME =
  /^(document|window|navigator|self|location|localStorage|sessionStorage|indexedDB|caches|Worker|Image|ImageBitmap|ImageData|OffscreenCanvas|VideoFrame|MediaStream\w*|createImageBitmap|requestAnimationFrame|DOMParser|(HTML|SVG)\w*Element|HTMLElement|Element|Canvas\w+)$/;

test('only the page and gpu.browser.ts know the DOM', () => {
  none(
    code()
      .filter((file) => isIn('src')(file.path) && !MAY_USE_DOM.test(file.path))
      .flatMap((file) =>
        [...globalsOf(file)].filter((name) => DOM_NAME.test(name)).map((name) => `${file.path} uses ${name}`),
      ),
  );
});

test('WGSL lies in .wgsl files', () => {
  none(
    code()
      .filter((file) => stringsOf(file).some((s) => /@compute\b/.test(s)))
      .map((file) => file.path),
  );
});

const limitOf = ({ path }: Source): number =>
  path.endsWith('.wgsl') ? 250 : path.endsWith('.test.ts') ? 400 : 300;
const FUNCTION_LIMIT = 60;

const table = (rows: readonly (readonly [number, string])[], count: number): string =>
  [...rows]
    .sort((a, b) => b[0] - a[0])
    .slice(0, count)
    .map(([lines, what]) => `  ${String(lines).padStart(4)}  ${what}`)
    .join('\n');

test('files and functions keep their size', () => {
  const functions = tree.flatMap(functionsOf);
  console.log(`largest of ${tree.length} files, in lines`);
  console.log(
    table(
      tree.map((f) => [f.lines, f.path]),
      10,
    ),
  );
  console.log(`largest of ${functions.length} functions, in lines`);
  console.log(
    table(
      functions.map((f) => [f.lines, `${f.name}  ${f.path}:${f.line}`]),
      10,
    ),
  );
  none([
    ...tree
      .filter((f) => f.lines > limitOf(f))
      .map((f) => `${f.path} has ${f.lines} lines, the limit is ${limitOf(f)}`),
    ...functions
      .filter((f) => f.lines > FUNCTION_LIMIT)
      .map((f) => `${f.name} (${f.path}:${f.line}) has ${f.lines} lines, the limit is ${FUNCTION_LIMIT}`),
  ]);
});

test('files are called after what they hold, in snake_case', () => {
  none(
    tree
      .map((f) => f.path)
      .filter((path) => {
        const name = path.split('/').at(-1)!;
        return /^(utils?|helpers?|misc|common)\./.test(name) || !/^[a-z0-9_]+(\.[a-z0-9]+)+$/.test(name);
      }),
  );
});

test('every kernel is launched by an op, measures the device, or meets a frame', () => {
  const launched = new Set(
    code()
      .filter((f) =>
        /^(src\/runtime\/(ops\/|peaks\.ts$)|src\/web\/frame_pipelines\.ts$|bench\/)/.test(f.path),
      )
      .flatMap(importsOf),
  );
  none(
    tree
      .filter((f) => isIn('kernels')(f.path) && f.path.endsWith('.wgsl'))
      .filter((f) => /^@group\(0\)/m.test(f.text) && !launched.has(f.path))
      .map((f) => f.path),
  );
});

/** Files among the ops that have no spec of their own, and what tests them. */
const WITHOUT_SPEC: Readonly<Record<string, string>> = {
  adam: 'a parameter updated in place: adam.test.ts',
  attention_form: 'families and tiles of the kernels of attention: its cases with every family',
  broadcast: 'shapes that add and mul share',
  channel_norm: 'what instance, group and batch norm share',
  conv2d_grouped: 'the cases of conv2d and conv_transpose2d with groups',
  conv2d_narrow: 'the cases of conv2d with few output channels, and a test of its own without a tape',
  conv_geometry: 'sizes that the convolutions and pools share',
  finite: 'finds what has no derivative: finite.test.ts',
  gemm: 'tiles and grids that the products share',
  lora: 'the check that the ops with LoRA share',
  pool_geometry: 'sizes that the pools share',
  regroup: 'the cases of attention whose heads are no multiple of 4',
  cast: 'needs a device with f16: test/runtime/f16.test.ts',
  row_norm: 'what layer and RMS norm share',
};

test('every op has a spec of its name, or a reason', () => {
  const specs = new Set(namesIn('test/ops', '.ts'));
  const ops = namesIn('src/runtime/ops', '.ts');
  none([
    ...ops.filter((op) => !specs.has(op) && !WITHOUT_SPEC[op]).map((op) => `test/ops/${op}.ts is missing`),
    ...Object.keys(WITHOUT_SPEC)
      .filter((op) => !ops.includes(op) || specs.has(op))
      .map((op) => `${op} needs no reason any more`),
  ]);
});

test('every spec is in the index, and in a test', () => {
  const ops = code().filter((f) => isIn('test/ops')(f.path));
  const specs = ops.filter((f) => /= opSpec</.test(f.text)).map((f) => f.path);
  const index = ops.find((f) => f.path === 'test/ops/index.ts');
  const indexed = new Set(index ? importsOf(index) : []);
  const tested = new Set(ops.filter((f) => f.path.endsWith('.test.ts')).flatMap(importsOf));
  none([
    ...(index ? [] : ['test/ops/index.ts is missing']),
    ...specs
      .filter((path) => index && !indexed.has(path))
      .map((path) => `${path} is not in test/ops/index.ts`),
    ...specs.filter((path) => !tested.has(path)).map((path) => `${path} is in no test`),
  ]);
});

test.run();
