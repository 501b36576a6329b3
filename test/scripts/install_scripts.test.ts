import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

// No package may run code of its own while it is installed.

/** Packages that would, and why nothing is lost where they may not. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  esbuild: 'only makes the first start faster; its program comes as an optional package of the platform',
  webgpu: "only takes macOS' quarantine mark off the binding, which npm does not set",
};

type Packages = Record<string, { readonly hasInstallScript?: boolean; readonly integrity?: string }>;

const { packages } = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Packages };

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('packages with scripts that run at installation are known, and none is needed', () => {
  const found = Object.keys(packages).filter((path) => packages[path]!.hasInstallScript);
  assert.equal(found.map(nameOf).sort(), Object.keys(NOT_NEEDED).sort());
});

test('the project itself runs nothing when it is installed', async () => {
  const { scripts } = JSON.parse(await readFile('package.json', 'utf8'));
  const atInstallation = ['preinstall', 'install', 'postinstall', 'prepare'];
  assert.equal(
    atInstallation.filter((name) => name in scripts),
    [],
  );
});

/** Calls of `npm ci` and `npm install` in scripts and workflows: on a command line, or as a list of arguments. */
const INSTALLS = /npm (?:ci|install)\b[^\n&|;]*|\[\s*'(?:ci|install)'[^\]]*\]/g;

test('every installation that a script or a workflow makes leaves scripts out', async () => {
  const files = ['scripts/packages.mjs', 'scripts/swiftshader.mjs', '.github/workflows/gpu-bench.yml'];
  for (const file of files) {
    const calls = (await readFile(file, 'utf8')).match(INSTALLS) ?? [];
    assert.ok(calls.length > 0, `${file} installs nothing`);
    for (const call of calls) assert.ok(call.includes('--ignore-scripts'), `${file}: ${call}`);
  }
});

test('the lockfile knows the hash of every package', () => {
  const unhashed = Object.entries(packages).filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));
  assert.equal(
    unhashed.map(([path]) => path),
    [''],
  );
});

test.run();
