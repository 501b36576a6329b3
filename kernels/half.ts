const DECLARED = /^(@group\(0\).*\b)(\w+): array<(f32|vec4f)>;/gm;
const HALVED: Readonly<Record<string, string>> = { f32: 'f16', vec4f: 'vec4h' };

/** Index of the bracket that closes the one at `open`. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    if (code[i] === '[') depth++;
    else if (code[i] === ']' && --depth === 0) return i;
  }
  throw new Error('a bracket is not closed');
}

/** `x[i]` becomes `vec4f(x[i])`, and `x[i] = v;` becomes `x[i] = vec4h(v);`, for each x of `types`. */
function convert(code: string, types: ReadonlyMap<string, string>): string {
  const used = new RegExp(`\\b(${[...types.keys()].join('|')})\\[`, 'g');
  let done = '';
  let at = 0;
  for (let m = used.exec(code); m; m = used.exec(code)) {
    const close = closing(code, used.lastIndex - 1);
    const element = `${m[0]}${convert(code.slice(used.lastIndex, close), types)}]`;
    const type = types.get(m[1]!)!;
    const store = /^\s*=(?!=)/.exec(code.slice(close + 1));
    done += code.slice(at, m.index);
    if (store) {
      const from = close + 1 + store[0].length;
      at = code.indexOf(';', from);
      done += `${element} = ${HALVED[type]}(${convert(code.slice(from, at), types).trim()})`;
    } else {
      at = close + 1;
      done += `${type}(${element})`;
    }
    used.lastIndex = at;
  }
  return done + code.slice(at);
}

/**
 * The text of a kernel whose bindings `halves` hold f16: their elements become f32 as they are loaded and f16, to nearest,
 * as they are stored; all arithmetic stays f32. A kernel therefore takes any mix of both without knowing.
 */
export function halve(code: string, halves: ReadonlySet<string>): string {
  const types = new Map<string, string>();
  const text = code
    .replace(/\/\/(?! @(unroll|specialize)).*$/gm, '')
    .replace(DECLARED, (line, head: string, name: string, type: string) => {
      if (!halves.has(name)) return line;
      types.set(name, type);
      return `${head}${name}: array<${HALVED[type]}>;`;
    });
  const missing = [...halves].filter((name) => !types.has(name));
  if (missing.length)
    throw new Error(`${missing.join(', ')}: no array of f32 or vec4f, f16 cannot be stored there`);
  return convert(text, types);
}
