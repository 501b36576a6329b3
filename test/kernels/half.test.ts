import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble } from '#kernels/assemble.ts';
import { halve } from '#kernels/half.ts';
import type { AnyKernel } from '#kernels/kernel.ts';
import { Gpu } from '../../src/runtime/gpu.ts';
import { linkAll } from './all_kernels.ts';

const DECLARATIONS = `@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> s: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;
`;

test('loads become f32, stores f16, and other names stay', () => {
  assert.match(
    halve(`${DECLARATIONS}let a = x[i] + max[i];`, new Set(['x'])),
    'let a = vec4f(x[i]) + max[i];',
  );
  assert.match(halve(`${DECLARATIONS}y[i] = 2.0 * x[i];`, new Set(['y'])), 'y[i] = vec4h(2.0 * x[i]);');
  assert.match(
    halve(`${DECLARATIONS}y[u32(s[j])] = x[u32(s[k])];`, new Set(['x', 's', 'y'])),
    'y[u32(f32(s[j]))] = vec4h(vec4f(x[u32(f32(s[k]))]));',
  );
});

test('a comparison is no store', () => {
  assert.match(halve(`${DECLARATIONS}if (s[i] == 0.0) {}`, new Set(['s'])), 'if (f32(s[i]) == 0.0) {}');
});

test('only the named bindings are declared as f16', () => {
  const text = halve(DECLARATIONS, new Set(['s']));
  assert.match(text, 's: array<f16>;');
  assert.match(text, 'x: array<vec4f>;');
});

test('what holds raw bits is refused by name', () => {
  const raw = '@group(0) @binding(0) var<storage, read> bits: array<u32>;\n';
  assert.throws(() => halve(raw, new Set(['bits'])), /^bits: no array of f32/);
});

/** The bindings that f16 can be stored in. */
const halvable = ({ source }: AnyKernel): string[] =>
  [...source.matchAll(/^@group\(0\).*\b(\w+): array<(?:f32|vec4f)>;/gm)].map((m) => m[1]!);

test('every kernel compiles with f16 in every binding', async () => {
  const gpu = await Gpu.open({ backend: 'null' });
  const { kernels } = await linkAll();
  const wrong: string[] = [];
  let count = 0;
  for (const kernel of kernels)
    for (const core of [...Object.keys(kernel.cores), ...(Object.keys(kernel.cores).length ? [] : [null])]) {
      // The first syntax of subgroup matrices compiles with a page of warnings, and its core names no binding.
      if (core === 'gemm/matrix_early') continue;
      const fragment = core === null ? null : kernel.cores[core]!;
      const code = assemble(kernel, fragment, {}, new Set(halvable(kernel)));
      const { messages } = await gpu.device.createShaderModule({ code }).getCompilationInfo();
      const error = messages.find((m) => m.type === 'error');
      if (error) wrong.push(`${kernel.name} on ${core}: ${error.message}`);
      count++;
    }
  gpu.close();
  assert.equal(wrong, []);
  assert.ok(count > 50);
});

test.run();
