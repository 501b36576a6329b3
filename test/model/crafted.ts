import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { FormatError } from '../../src/model/format_error.ts';

const CONFORMANCE = '../shared/conformance';

/** A file of the conformance folder; nothing, said aloud, where the folder is absent. */
export function conformanceFile(path: string): Uint8Array | undefined {
  const file = `${CONFORMANCE}/${path}`;
  if (existsSync(file)) return readFileSync(file);
  console.log(`skipped: no ${file}`);
  return undefined;
}

/** A safetensors file from the text of its header and the number or values of its data bytes. */
export function craft(header: string | Uint8Array, data: number | readonly number[] = 0): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const body = typeof data === 'number' ? new Uint8Array(data) : Uint8Array.from(data);
  const file = new Uint8Array(8 + text.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(body, 8 + text.length);
  return file;
}

/** The given text as bytes of the same codes. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Expects a FormatError of one printable line that matches. */
export function refuses(what: string, action: () => unknown, message: RegExp): void {
  try {
    action();
  } catch (error) {
    assert.instance(error, FormatError, `${what}: ${error}`);
    assertOneLine(what, error as FormatError);
    assert.match((error as FormatError).message, message, what);
    return;
  }
  assert.unreachable(`${what}: accepted`);
}

/** Any Error at all is as good as a result; anything else, or a message that could steer a terminal, is not. */
export function survives(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (error) {
    assert.instance(error, FormatError, String(error));
    assertOneLine('mutation', error as FormatError);
    return false;
  }
}

function assertOneLine(what: string, { message }: Error): void {
  assert.not.match(message, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, `${what}: not one printable line: ${message}`);
  assert.ok(message.length < 700, `${what}: a message of ${message.length} characters`);
}
