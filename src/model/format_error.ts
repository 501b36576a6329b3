/** A file's bytes are not what they should be: one line, without the file's name, which only the caller knows. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

/** Runs `read` and puts the file's name in front of what it finds wrong. */
export function inFile<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

const LONGEST_QUOTE = 120;

/** Text from a file in double quotes, shortened, with everything escaped that could steer a terminal or break a line. */
export function quoted(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`;
  });
}

/** A shape as messages show it, `[64,3,7,7]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}
