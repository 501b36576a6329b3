import { halve } from './half.ts';
import type { Fragment } from './kernel.ts';

/** Values for the lines marked `// @specialize`. */
export type Specials = Readonly<Record<string, number | string>>;

function collect(fragment: Fragment, into: Map<string, string>): void {
  if (into.has(fragment.name)) return;
  into.set(fragment.name, fragment.source);
  for (const imported of fragment.imports) collect(imported, into);
}

/** `const ROWS: u32 = 8u;  // @specialize` with the right-hand side replaced. */
function specialize(code: string, specials: Specials): string {
  const missing = new Set(Object.keys(specials));
  const special = code.replace(
    /^(const|alias) (\w+)(.*?) = ([^;]+);(\s*\/\/ @specialize)/gm,
    (line, keyword: string, name: string, type: string, _value: string, mark: string) => {
      const value = specials[name];
      if (value === undefined) return line;
      missing.delete(name);
      const text = typeof value === 'number' && type.includes('u32') ? `${value}u` : `${value}`;
      return `${keyword} ${name}${type} = ${text};${mark}`;
    },
  );
  if (missing.size) throw new Error(`@specialize ${[...missing].join(', ')}: no such constant`);
  return special;
}

function blockEnd(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code[i] === '{') depth++;
    else if (code[i] === '}' && --depth === 0) return i + 1;
  }
  throw new Error('@unroll: the block is not closed');
}

function numberOf(code: string, name: string): number {
  const text = /^\d+$/.test(name)
    ? name
    : new RegExp(`^const ${name}\\b[^=]*= ([^;]+);`, 'm').exec(code)?.[1];
  const terms = text?.split('/').map((t) => t.trim().replace(/u$/, ''));
  if (!terms) throw new Error(`@unroll ${name}: no such constant`);
  const [first, second] = terms.map((t) => (/^\d+$/.test(t) ? Number(t) : numberOf(code, t)));
  return second === undefined ? first! : first! / second;
}

/** Repeats each block marked `// @unroll N` with its constant at 0 … N−1. */
function unroll(code: string): string {
  const mark = /^\s*\/\/ @unroll (\w+)\s*\n\s*(\{ const (\w+) = )0u;/m;
  for (let m = mark.exec(code); m; m = mark.exec(code)) {
    const open = m.index + m[0].lastIndexOf('{');
    const end = blockEnd(code, open);
    const rest = code.slice(m.index + m[0].length, end);
    const copies = Array.from({ length: numberOf(code, m[1]!) }, (_, i) => `${m[2]}${i}u;${rest}`);
    code = `${code.slice(0, m.index)}\n${copies.join('\n')}${code.slice(end)}`;
  }
  const left = /^\s*\/\/ @unroll (.*)/m.exec(code);
  if (left) throw new Error(`@unroll ${left[1]}: the block below must begin "{ const i = 0u;"`);
  return code;
}

/**
 * The WGSL of one pipeline: the file, then its imports and the chosen core, with marked constants replaced and marked
 * blocks repeated; the bindings `halves` hold f16. Imports come after the file, so that compiler messages keep the file's
 * own line numbers.
 */
export function assemble(
  kernel: Fragment,
  core: Fragment | null,
  specials: Specials,
  halves: ReadonlySet<string> = new Set(),
): string {
  const own = new Map<string, string>();
  collect(kernel, own);
  const parts = new Map(own);
  if (core) collect(core, parts);
  // Cores name no bindings, but may name their own arrays like one.
  const ownText = [...own.values()].join('\n');
  const rest = [...parts].filter(([name]) => !own.has(name)).map(([, source]) => source);
  const text = [halves.size ? halve(ownText, halves) : ownText, ...rest].join('\n');
  const directives = new Set(text.match(/^(enable|requires|diagnostic)\b.*;$/gm) ?? []);
  if (halves.size) directives.add('enable f16;');
  const body = text.replace(/^(enable|requires|diagnostic)\b.*;$/gm, '');
  return unroll(specialize(`${[...directives].join(' ')}${body}`, specials));
}
