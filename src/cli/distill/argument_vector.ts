import { usageError } from '../errors.ts';

/** What may stand in a command between braces. */
export const PLACEHOLDERS = [
  'in',
  'out',
  'prompt',
  'negative',
  'concept',
  'seed',
  'width',
  'height',
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

const BRACES = new RegExp(`\\{(${PLACEHOLDERS.join('|')})\\}`, 'g');
/** Quoted text, an escaped character, or any other character. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\([\s"'()\\])|([^\s"'])|(\s+)/gsy;

/**
 * A command line as program and arguments. Blanks separate; `'...'` is literal; in `"..."` a backslash goes before `"`
 * or a backslash; outside quotes before a blank, quote, parenthesis or backslash. Nothing else is special, since no shell
 * is asked: parentheses, `*`, `$` and `|` are ordinary characters.
 * @throws UserError that begins with `where`, for an open quote, an empty command, or one without {in} and {out}
 */
export function splitCommand(command: string, where: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < command.length) {
    const at = PIECE.lastIndex;
    const match = PIECE.exec(command);
    if (!match) throw usageError(`${where}: the quote at character ${at + 1} is never closed`);
    const [, single, double, escaped, plain, blank] = match;
    if (blank === undefined) word = (word ?? '') + (single ?? unescaped(double) ?? escaped ?? plain ?? '');
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (word !== undefined) words.push(word);
  const holds = (name: Placeholder) => words.slice(1).some((part) => part.includes(`{${name}}`));
  if (!words[0] || !holds('in') || !holds('out'))
    throw usageError(`${where}: a program with {in} and {out} among its arguments is needed`);
  return words;
}

function unescaped(text: string | undefined): string | undefined {
  return text?.replace(/\\(["\\])/g, '$1');
}

/** The arguments with their placeholders replaced; a value stays one argument and is not looked at again. */
export function fillArguments(
  words: readonly string[],
  values: Readonly<Record<Placeholder, string>>,
): string[] {
  return words.map((word) => word.replace(BRACES, (_, name: Placeholder) => values[name]));
}
