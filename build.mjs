// Every build task by name: `node build.mjs types check cli web test [filter] faults conformance bench peers`.
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { wgslPlugin, writeTypes } from './kernels/link.mjs';
import { laySite, listSite } from './scripts/site.mjs';

const node = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  sourcemap: 'linked',
  plugins: [wgslPlugin],
  define: { TRAINING: 'true' },
  logLevel: 'warning',
};

const browser = {
  ...node,
  platform: 'browser',
  target: 'es2022',
  packages: 'bundle',
  minify: true,
  metafile: true,
  outExtension: { '.js': '.mjs' },
};
// A pack is built where it will lie, so that nobody else's dist/ changes.
const DIST = process.env.E2GAN_DIST ?? 'dist';
const INFERENCE = { TRAINING: 'false' };
const BUDGET_BYTES = 120_000;

/** Source files that ended up in a bundle. */
const contents = ({ metafile }, output) =>
  Object.entries(metafile.outputs[relative('.', output)].inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);

/** Inference is small, and trains nothing; a transposed convolution's forward is a convolution's input gradient. */
async function checkInference(result, output) {
  const bytes = gzipSync(await readFile(output), { level: 9 }).length;
  if (bytes > BUDGET_BYTES)
    throw new Error(`${output}: ${bytes} bytes gzipped, the budget is ${BUDGET_BYTES}`);
  const forward = /^kernels\/conv2d(_grouped)?\/grad_x\.wgsl$/;
  const backward = contents(result, output).filter(
    (path) =>
      (/^kernels\/(.*\/grad_|(loss|adam)\/)/.test(path) && !forward.test(path)) ||
      path.startsWith('src/train/'),
  );
  if (backward.length) throw new Error(`${output}: holds what only training needs: ${backward.join(', ')}`);
  console.log(`${output}: ${bytes} bytes gzipped`);
}

async function checked(options, output) {
  await checkInference(await build({ ...browser, define: INFERENCE, ...options }), output);
}

function command(name, args) {
  const { status } = spawnSync(process.execPath, [join('node_modules', name), ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

async function filesUnder(folder, suffix) {
  const all = await readdir(folder, { recursive: true });
  return all
    .filter((f) => f.endsWith(suffix))
    .map((f) => join(folder, f))
    .sort();
}

const tasks = {
  types: writeTypes,
  async check() {
    command('typescript/bin/tsc', ['--noEmit', '-p', '.']);
    command('@biomejs/biome/bin/biome', ['check', '.']);
  },
  cli: () =>
    build({
      ...node,
      entryPoints: { cli: 'src/cli/main.ts' },
      outdir: DIST,
      outExtension: { '.js': '.mjs' },
    }),
  /** The package's entry points, for browsers and for Node. */
  async package() {
    const outdir = 'dist';
    await checked({ entryPoints: { index: 'src/web/index.ts' }, outdir }, 'dist/index.mjs');
    await checked({ entryPoints: { worker: 'src/web/worker/worker.ts' }, outdir }, 'dist/worker.mjs');
    await build({
      ...browser,
      entryPoints: { page: 'src/web/page.ts', training: 'src/web/training.ts' },
      outdir,
    });
    const inNode = { ...node, outdir, outExtension: { '.js': '.mjs' } };
    await build({ ...inNode, entryPoints: { 'index.node': 'src/web/index.ts' }, define: INFERENCE });
    await build({ ...inNode, entryPoints: { 'training.node': 'src/web/training.ts' } });
  },
  /** The browser app, as a folder that any server can give. */
  async web() {
    const outdir = `${DIST}/site`;
    await rm(outdir, { recursive: true, force: true });
    await laySite(outdir);
    await checked({ entryPoints: ['src/web/worker/worker.ts'], outdir }, `${outdir}/worker.mjs`);
    const entryPoints = {
      app: 'src/web/app/main.ts',
      train_worker: 'src/web/app/train_worker.ts',
      conformance: 'test/conformance/web_page.ts',
    };
    await build({ ...browser, entryPoints, outdir });
    await build({
      ...browser,
      entryPoints: ['src/web/app/service_worker.ts'],
      outdir,
      define: { SITE: JSON.stringify(await listSite(outdir)) },
    });
  },
  /** Types of the entry points, each in one file. */
  declarations() {
    const options = [
      '--project',
      'tsconfig.types.json',
      '--no-check',
      '--export-referenced-types=false',
      '--silent',
    ];
    const entries = { index: 'index', training: 'training', page: 'page', worker: 'worker/worker' };
    for (const [name, source] of Object.entries(entries))
      command('dts-bundle-generator/dist/bin/dts-bundle-generator.js', [
        ...options,
        '-o',
        `dist/${name}.d.ts`,
        `src/web/${source}.ts`,
      ]);
  },
  /** What others will see of the package: its exports, and whether types and code agree. */
  exports() {
    command('publint/src/cli.js', ['--strict']);
    command('@arethetypeswrong/cli/dist/index.js', ['--pack', '.', '--profile', 'esm-only']);
  },
  conformance: () =>
    build({
      ...node,
      entryPoints: {
        conformance: 'test/conformance/main.ts',
        'conformance-web': 'test/conformance/web_main.ts',
      },
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
    }),
  async test(filter = '') {
    const entryPoints = (await filesUnder('test', '.test.ts')).filter((f) => f.includes(filter));
    await build({
      ...node,
      // No test may hang on what somebody has measured on this machine.
      banner: { js: "process.env.E2GAN_TUNED ??= 'off';" },
      entryPoints,
      outdir: 'dist/test',
      outbase: 'test',
      outExtension: { '.js': '.mjs' },
    });
    // What runs in pages that tests open.
    await build({
      ...browser,
      minify: false,
      define: node.define,
      entryPoints: await filesUnder('test/web/pages', '.ts'),
      outdir: 'dist/test_pages',
    });
    if (filter)
      for (const f of entryPoints)
        command(`../${f.replace(/^test/, 'dist/test').replace(/\.ts$/, '.mjs')}`, []);
  },
  /** Parts of the fault tests, and the programs that they start. */
  faults: async () =>
    build({
      ...node,
      banner: { js: "process.env.E2GAN_TUNED ??= 'off';" },
      entryPoints: (await filesUnder('test/faults', '.ts')).filter((f) => /\.(part|child)\.ts$/.test(f)),
      outdir: 'dist/faults',
      outbase: 'test/faults',
      outExtension: { '.js': '.mjs' },
    }),
  bench: () =>
    build({
      ...node,
      entryPoints: {
        bench: 'bench/main.ts',
        'bench-ours': 'bench/ours/main.ts',
        'bench-winograd': 'bench/winograd.bench.ts',
      },
      outdir: 'dist',
      outExtension: { '.js': '.mjs' },
    }),
  /** The page of `npm run bench -- --first-use`: the package and nothing else. */
  'first-use': () =>
    build({
      ...browser,
      define: INFERENCE,
      entryPoints: ['bench/web/first_use_page.ts'],
      outdir: 'dist/bench_page',
    }),
  /** The page of `npm run bench -- --web`; onnxruntime's bundle is served as it is, beside its WebAssembly. */
  page: () =>
    build({
      ...node,
      platform: 'browser',
      target: 'es2023',
      packages: 'bundle',
      external: ['onnxruntime-web/webgpu'],
      entryPoints: { web_page: 'bench/peers/web_page.ts' },
      outdir: 'bench/peers/dist',
      outExtension: { '.js': '.mjs' },
    }),
  /** The libraries of `npm run bench -- --peers`, beside the packages that they import. */
  async peers() {
    const outdir = 'bench/peers/dist';
    const entryPoints = Object.fromEntries(
      ['jax', 'ort', 'tfjs'].map((name) => [name, `bench/peers/${name}.ts`]),
    );
    await build({ ...node, entryPoints, outdir, outExtension: { '.js': '.mjs' } });
    // tfjs finds its gradients by side effects that its ES modules lose in Node: all of it goes in one CommonJS file.
    await build({
      ...node,
      entryPoints: { tfjs_library: 'bench/peers/tfjs_library.ts' },
      packages: 'bundle',
      format: 'cjs',
      mainFields: ['module', 'main'],
      outdir,
      outExtension: { '.js': '.cjs' },
    });
  },
};

const names = process.argv.slice(2);
while (names.length) {
  const name = names.shift();
  const task = tasks[name];
  if (!task) {
    console.error(`build.mjs: no task "${name}"; there are ${Object.keys(tasks).join(', ')}`);
    process.exit(2);
  }
  const filter = name === 'test' && names[0] && !tasks[names[0]] ? names.shift() : undefined;
  await task(filter);
}
