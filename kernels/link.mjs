// The only code that reads WGSL files: follows imports, reflects the interface, writes types, loads kernels for esbuild.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(fileURLToPath(import.meta.url));

/** Every `.wgsl` file under kernels/, as paths relative to it. */
export async function listFiles() {
  const all = await readdir(ROOT, { recursive: true });
  return all.filter((f) => f.endsWith('.wgsl')).sort();
}

const read = (name) => readFileSync(join(ROOT, `${name}.wgsl`), 'utf8');
const nameOf = (path) =>
  relative(ROOT, resolve(path))
    .replace(/\\/g, '/')
    .replace(/\.wgsl$/, '');
const words = (line) => line.trim().split(/\s+/);
const lines = (source, directive) =>
  [...source.matchAll(new RegExp(`^// @${directive} (.+)$`, 'gm'))].flatMap((m) => words(m[1]));

/** Source, imports and cores of one file, unresolved. */
function parse(name) {
  const source = read(name);
  const parsed = { name, source, imports: lines(source, 'import'), cores: lines(source, 'core') };
  for (const other of [...parsed.imports, ...parsed.cores]) {
    if (!existsSync(join(ROOT, `${other}.wgsl`)))
      throw new Error(`${name}.wgsl: imports ${other}, which does not exist`);
  }
  return parsed;
}

/** All text a file is linked from: itself, its imports, and every core it names. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const { imports, cores } = parse(name);
  for (const other of [...imports, ...cores]) closure(other, seen);
  return seen;
}

const BINDING =
  /^@group\((\d+)\) @binding\((\d+)\) var<(storage, read|storage, read_write|uniform)> (\w+): ([\w<>]+);/;

const TEXTURE = /^@group\(1\) @binding\((\d+)\) var (\w+): (texture_external|texture_2d<f32>|sampler);/;
const bindingLines = (source) => source.split('\n').filter((l) => /^\s*@(group|binding)/.test(l));

/** Textures and samplers of a frame's kernel: group 1, so that only this group is made anew where a source changes. */
function reflectTextures(name, source) {
  const found = bindingLines(source).flatMap((line) => TEXTURE.exec(line) ?? []);
  const textures = [];
  for (let i = 0; i < found.length; i += 4) {
    const [index, variable, kind] = found.slice(i + 1, i + 4);
    if (Number(index) !== textures.length)
      throw new Error(`${name}.wgsl: texture ${variable} is out of order`);
    textures.push({ name: variable, kind });
  }
  return textures;
}

function reflectBindings(name, source) {
  const bindings = [];
  for (const line of bindingLines(source).filter((l) => !TEXTURE.test(l))) {
    const m = BINDING.exec(line);
    if (!m) throw new Error(`${name}.wgsl: cannot read the binding "${line.trim()}"`);
    const [, group, index, space, variable] = m;
    if (space === 'uniform') {
      if (group !== '0' || index !== '8' || variable !== 'params')
        throw new Error(`${name}.wgsl: the uniform must be params at group 0, binding 8`);
      continue;
    }
    if (group !== '0' || Number(index) !== bindings.length)
      throw new Error(`${name}.wgsl: binding ${variable} is out of order`);
    bindings.push({ name: variable, access: space.slice('storage, '.length) });
  }
  if (bindings.length > 8)
    throw new Error(`${name}.wgsl: ${bindings.length} storage buffers, the lowest limit is 8`);
  return bindings;
}

function reflectParams(name, source) {
  const body = /struct Params \{([^}]*)\}/.exec(source)?.[1];
  if (body === undefined) return [];
  const fields = body
    .replace(/\/\/.*$/gm, '')
    .split(',')
    .map((f) => f.trim())
    .filter(Boolean);
  return fields.map((field) => {
    const m = /^(\w+): (u32|i32|f32)$/.exec(field);
    if (!m) throw new Error(`${name}.wgsl: Params.${field} is not a 4-byte scalar`);
    return { name: m[1], type: m[2] };
  });
}

const namesIn = (text, pattern) => [...text.matchAll(pattern)].map((m) => m[1]);

/** Reflects the interface of one kernel; `null` for a fragment without bindings. */
export function reflect(name) {
  const { source, imports, cores } = parse(name);
  const bindings = reflectBindings(name, source);
  if (bindings.length === 0) return null;
  const text = [...closure(name)].map(read).join('\n');
  const [stage, ...others] = namesIn(source, /^@(compute|fragment|vertex)\b/gm);
  const entries = stage ? 1 + others.length : 0;
  if (entries + (cores.length ? 1 : 0) !== 1)
    throw new Error(`${name}.wgsl: must have one entry point or one list of cores`);
  return {
    name,
    source,
    imports,
    cores,
    bindings,
    textures: reflectTextures(name, source),
    stage: stage ?? 'compute',
    params: reflectParams(name, source),
    overrides: namesIn(text, /^override (\w+):/gm),
    specials: namesIn(text, /^(?:const|alias) (\w+)\b.*\/\/ @specialize/gm),
  };
}

const union = (names) => (names.length ? [...new Set(names)].map((n) => `'${n}'`).join(' | ') : 'never');

/** Kernels that only the bench runs, relative to ROOT. */
const LADDER = '../bench/ladder';

async function ladderFiles() {
  const folder = join(ROOT, LADDER);
  if (!existsSync(folder)) return [];
  return (await readdir(folder)).filter((f) => f.endsWith('.wgsl')).map((f) => `${LADDER}/${f}`);
}

/** Writes `<kernel>.d.wgsl.ts` beside every kernel, where it changed. */
export async function writeTypes() {
  for (const file of [...(await listFiles()), ...(await ladderFiles())]) {
    const kernel = reflect(nameOf(join(ROOT, file)));
    const target = join(ROOT, file.replace(/\.wgsl$/, '.d.wgsl.ts'));
    if (!kernel) continue;
    const bindings = kernel.bindings.map((b) => `${b.name}: '${b.access}'`).join('; ');
    const text = `import type { Kernel } from '#kernels/kernel.ts';
declare const kernel: Kernel<{ ${bindings} }, ${union(kernel.params.map((p) => p.name))}, ${union(kernel.overrides)}, ${union(kernel.specials)}, ${union(kernel.cores)}>;
export default kernel;
`;
    if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
  }
}

/** Full-line comments stay out of bundles, except the linker's own marks; their lines stay, so that numbers are true. */
const strip = (source) => source.replace(/^[ \t]*\/\/(?! @(unroll|specialize)).*$/gm, '');

/** What only kernels that meet a picture have. */
const pictures = ({ stage, textures }) =>
  stage === 'compute' && !textures.length ? '' : `, stage: '${stage}', textures: ${JSON.stringify(textures)}`;

/** The JavaScript module that stands for one `.wgsl` file in a bundle. */
function moduleText(name) {
  const { source, imports, cores } = parse(name);
  const all = [...new Set([...imports, ...cores])];
  const path = (other) => JSON.stringify(join(ROOT, `${other}.wgsl`));
  const id = (other) => `f${all.indexOf(other)}`;
  const kernel = reflect(name);
  const interfaceText = kernel
    ? `, bindings: ${JSON.stringify(kernel.bindings)}${pictures(kernel)}, params: ${JSON.stringify(kernel.params)}, overrides: ${JSON.stringify(kernel.overrides)}, specials: ${JSON.stringify(kernel.specials)}, cores: { ${cores.map((c) => `${JSON.stringify(c)}: ${id(c)}`).join(', ')} }`
    : '';
  return `${all.map((o) => `import ${id(o)} from ${path(o)};`).join('\n')}
export default { name: ${JSON.stringify(name)}, source: ${JSON.stringify(strip(source))}, imports: [${imports.map(id).join(', ')}]${interfaceText} };`;
}

/** esbuild plugin: `import kernel from '#kernels/conv2d/forward.wgsl'`. */
export const wgslPlugin = {
  name: 'wgsl',
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, ({ path }) => ({
      contents: moduleText(nameOf(path)),
      loader: 'js',
      resolveDir: ROOT,
    }));
  },
};
