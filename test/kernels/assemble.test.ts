import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { assemble, type Specials } from '#kernels/assemble.ts';
import type { Fragment } from '#kernels/kernel.ts';

const fragment = (name: string, source: string, ...imports: Fragment[]): Fragment => ({
  name,
  source,
  imports,
});

/** The lines that assembling leaves of one text, without indents and empty lines. */
const linesOf = (source: string, specials: Specials = {}): string[] =>
  assemble(fragment('kernel', source), null, specials)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

test('imports come after the file, each once however often it is named', () => {
  const base = fragment('lib/base', 'fn base() {}');
  const [left, right] = [
    fragment('lib/left', 'fn left() {}', base),
    fragment('lib/right', 'fn right() {}', base),
  ];
  const kernel = fragment('op/forward', 'fn kernel() {}', left, right);
  const core = fragment('gemm/core', 'fn core() {}', base);
  assert.is(
    assemble(kernel, core, {}),
    'fn kernel() {}\nfn left() {}\nfn base() {}\nfn right() {}\nfn core() {}',
  );
});

test('directives of imports and cores come first, each once', () => {
  const core = fragment('core', 'enable subgroups;\nfn core() {}');
  const kernel = fragment('kernel', 'enable f16;\nenable subgroups;\nfn kernel() {}');
  const text = assemble(kernel, core, {});
  assert.match(text, /^enable f16; enable subgroups;\s+fn kernel\(\) \{\}\s+fn core\(\) \{\}$/);
});

test('lines of the file keep their numbers', () => {
  const source = '// header\nenable f16;\n\nfn kernel() {}';
  assert.is(assemble(fragment('kernel', source), null, {}).split('\n')[3], 'fn kernel() {}');
});

test('marked constants and aliases are replaced, unsigned ones with their suffix', () => {
  const source = [
    'const ROWS: u32 = 8u;  // @specialize',
    'const SLOPE: f32 = 0.1;  // @specialize',
    'alias Store = f32;  // @specialize',
    'const COLS: u32 = 8u;  // @specialize',
    'const LANES: u32 = 8u;',
  ].join('\n');
  assert.equal(linesOf(source, { ROWS: 16, SLOPE: 0.5, Store: 'f16' }), [
    'const ROWS: u32 = 16u;  // @specialize',
    'const SLOPE: f32 = 0.5;  // @specialize',
    'alias Store = f16;  // @specialize',
    'const COLS: u32 = 8u;  // @specialize',
    'const LANES: u32 = 8u;',
  ]);
});

test('constants of imports and cores are replaced too', () => {
  const core = fragment('core', 'const SG: u32 = 8u;  // @specialize');
  assert.match(assemble(fragment('kernel', 'fn f() {}'), core, { SG: 32 }), /SG: u32 = 32u/);
});

test('a value for a constant that is not marked is refused by name', () => {
  const source = 'const LANES: u32 = 8u;\nconst ROWS: u32 = 8u;  // @specialize';
  assert.throws(() => linesOf(source, { ROWS: 4, LANES: 4 }), /@specialize LANES: no such constant/);
});

test('a marked block is repeated, with its constant at 0 to N - 1', () => {
  const source = '// @unroll 3\n{ const i = 0u; acc[i] = i; }\nrest();';
  assert.equal(linesOf(source), [
    '{ const i = 0u; acc[i] = i; }',
    '{ const i = 1u; acc[i] = i; }',
    '{ const i = 2u; acc[i] = i; }',
    'rest();',
  ]);
});

test('N is a constant, as it was specialized, or a quotient of such', () => {
  const source = [
    'const SG: u32 = 8u;  // @specialize',
    'const ROWS: u32 = 16u;  // @specialize',
    'const HELD: u32 = ROWS / SG;',
    '// @unroll HELD',
    '{ const h = 0u; load(h); }',
  ].join('\n');
  const loads = (specials: Specials) => linesOf(source, specials).filter((l) => l.includes('load')).length;
  assert.is(loads({}), 2);
  assert.is(loads({ SG: 4, ROWS: 16 }), 4);
  assert.is(loads({ SG: 32, ROWS: 32 }), 1);
});

test('a block of several lines ends at its brace', () => {
  const source = '// @unroll 2\n{ const i = 0u;\n  if (x) { y(); }\n  for (;;) { z(i); }\n}\nafter();';
  assert.equal(
    linesOf(source).filter((l) => /const i|after/.test(l)),
    ['{ const i = 0u;', '{ const i = 1u;', 'after();'],
  );
  assert.is(linesOf(source).filter((l) => l.includes('z(i)')).length, 2);
});

test('blocks may lie in blocks and stand in a row', () => {
  const source = [
    '// @unroll 2',
    '{ const i = 0u;',
    '  // @unroll 3',
    '  { const j = 0u; inner(i, j); }',
    '}',
    '// @unroll 2',
    '{ const k = 0u; next(k); }',
  ].join('\n');
  const lines = linesOf(source);
  const count = (part: string) => lines.filter((l) => l.includes(part)).length;
  assert.is(count('inner'), 6);
  assert.is(count('const j = 2u'), 2);
  assert.is(count('next'), 2);
});

test('a count without a constant is refused by name, nested too', () => {
  assert.throws(() => linesOf('// @unroll TAPS\n{ const i = 0u; x(i); }'), /@unroll TAPS: no such constant/);
  const nested = '// @unroll 2\n{ const i = 0u;\n  // @unroll TAPS\n  { const j = 0u; x(i, j); }\n}';
  assert.throws(() => linesOf(nested), /@unroll TAPS: no such constant/);
  const derived = 'const HELD: u32 = ROWS / SG;\n// @unroll HELD\n{ const i = 0u; x(i); }';
  assert.throws(() => linesOf(derived), /@unroll ROWS: no such constant/);
});

test('a count that depends on an override is refused: it is not known yet', () => {
  const source = 'override WY: u32 = 4;\n// @unroll WY\n{ const i = 0u; x(i); }';
  assert.throws(() => linesOf(source), /@unroll WY: no such constant/);
});

test('what cannot be unrolled is refused, not left to run once', () => {
  for (const block of [
    '{ let i = 0u; x(i); }',
    '{ const i: u32 = 0u; x(i); }',
    'for (;;) {}',
    '{\n const i = 0u; }',
  ]) {
    assert.throws(() => linesOf(`// @unroll 4\n${block}`), /@unroll 4: the block below must begin/, block);
  }
});

test('a block that does not end is refused', () => {
  assert.throws(() => linesOf('// @unroll 4\n{ const i = 0u; x(i);'), /@unroll: the block is not closed/);
});

test.run();
