import { FormatError, quoted } from './format_error.ts';

/** Any JSON value. Objects are Maps: they keep the file's order, and no key can reach a prototype. */
export type JsonValue = string | number | boolean | null | JsonValue[] | Map<string, JsonValue>;

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const LONGEST_NUMBER = 64;
const DEEPEST_VALUE = 32;
const LITERALS: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const looseUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Pull reader for JSON in bytes. The caller says what comes next, so a hostile text is refused at its first surprise,
 * before it can nest or allocate. Unlike `JSON.parse` it refuses duplicate names and keeps their order.
 *
 * Every method throws FormatError where the text is not what was asked for.
 */
export class JsonCursor {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Reads an object; `member` is called after each name and must read its value. */
  object(member: (name: string) => void): void {
    const seen = new Set<string>();
    this.#list('{', '}', () => {
      const name = this.string();
      if (seen.has(name)) throw new FormatError(`the name ${quoted(name)} appears twice`);
      seen.add(name);
      this.#expect(':');
      member(name);
    });
  }

  /** Reads an array; `item` must read one item. */
  array(item: () => void): void {
    this.#list('[', ']', item);
  }

  /** Reads a string. */
  string(): string {
    this.#expect('"');
    const start = this.#at - 1;
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] !== QUOTE) {
      this.#at += this.#bytes[this.#at] === BACKSLASH ? 2 : 1;
    }
    this.#at++;
    const text = this.#parseString(start);
    if (text === undefined || /\p{Cs}/u.test(text)) {
      this.#at = start;
      throw this.#expected('a whole string of valid UTF-8');
    }
    return text;
  }

  /** Reads a number and returns it as it is spelled. */
  numberText(): string {
    this.#skipSpace();
    const start = this.#at;
    let end = start;
    while (end - start < LONGEST_NUMBER && '+-.0123456789eE'.includes(this.#charAt(end) || ' ')) end++;
    const text = this.#text(start, end);
    if (!NUMBER.test(text)) throw this.#expected('a number');
    this.#at = end;
    return text;
  }

  /** Reads any value, nested at most 32 deep. */
  value(depth = 0): JsonValue {
    if (depth > DEEPEST_VALUE) throw this.#expected(`no more than ${DEEPEST_VALUE} levels`);
    this.#skipSpace();
    const next = this.#charAt(this.#at);
    if (next === '"') return this.string();
    if (next === '{') {
      const members = new Map<string, JsonValue>();
      this.object((name) => members.set(name, this.value(depth + 1)));
      return members;
    }
    if (next === '[') {
      const items: JsonValue[] = [];
      this.array(() => items.push(this.value(depth + 1)));
      return items;
    }
    return this.#literal();
  }

  /** Makes sure that only white space is left. */
  end(): void {
    this.#skipSpace();
    if (this.#at < this.#bytes.length) throw this.#expected('the end of the text');
  }

  #literal(): JsonValue {
    for (const [word, value] of LITERALS) {
      const end = this.#at + word.length;
      if (this.#text(this.#at, end) !== word) continue;
      this.#at = end;
      return value;
    }
    if (!'-0123456789'.includes(this.#charAt(this.#at) || ' ')) throw this.#expected('a value');
    return Number(this.numberText());
  }

  #list(open: string, close: string, item: () => void): void {
    this.#expect(open);
    if (this.#accept(close)) return;
    do item();
    while (this.#accept(','));
    this.#expect(close);
  }

  /** The string literal from `start` to the cursor, or nothing where it is cut short, badly escaped or not UTF-8. */
  #parseString(start: number): string | undefined {
    if (this.#at > this.#bytes.length) return undefined;
    try {
      return JSON.parse(strictUtf8.decode(this.#bytes.subarray(start, this.#at)));
    } catch {
      return undefined;
    }
  }

  #expect(char: string): void {
    if (!this.#accept(char)) throw this.#expected(quoted(char));
  }

  #accept(char: string): boolean {
    this.#skipSpace();
    if (this.#charAt(this.#at) !== char) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (isSpace(this.#bytes[this.#at])) this.#at++;
  }

  #charAt(at: number): string {
    return at < this.#bytes.length ? String.fromCharCode(this.#bytes[at]!) : '';
  }

  #text(start: number, end: number): string {
    return looseUtf8.decode(this.#bytes.subarray(start, end));
  }

  #expected(what: string): FormatError {
    const nearby = this.#text(Math.max(0, this.#at - 24), this.#at + 12);
    return new FormatError(`bad JSON: expected ${what} at byte ${this.#at}, near ${quoted(nearby)}`);
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
