import { createRequire, syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';

/** How a call fails; a full disk fails every write from then on, a short write takes half of the bytes. */
export type Failure = (typeof FAILURES)[number] | (typeof KILLS)[number];
export const FAILURES = ['EIO', 'ENOSPC', 'EPERM', 'full disk', 'short write'] as const;
/** Where in a call the process dies; in the middle of a write, half of its bytes are written. */
export const KILLS = ['kill before', 'kill in the middle', 'kill after'] as const;

type Call = (...values: unknown[]) => Promise<unknown>;
type Calls = Record<string, Call>;

/** Calls of `node:fs/promises` that change something, and those of the files that it opens. */
const BY_PATH = ['open', 'rename', 'rm', 'mkdir', 'writeFile'];
const BY_FILE = ['write', 'writeFile', 'appendFile', 'sync', 'close'];
const WRITES = ['write', 'writeFile', 'appendFile'];

const real = createRequire(import.meta.url)('node:fs/promises') as Calls;

/** Calls that are being counted, one of which fails. */
export interface FailingFiles {
  /** Calls so far, as `name path`. */
  readonly made: readonly string[];
  restore(): void;
}

const failed = (code: string) => Object.assign(new Error(`injected ${code}`), { code });

/** Whether a call that is due to fail is of a kind that can fail so. */
function applies(failure: Failure, name: string, count: number, nth: number): boolean {
  if (failure === 'full disk') return WRITES.includes(name) && count >= nth;
  if (failure === 'short write' || failure === 'kill in the middle') return name === 'write' && count === nth;
  return count === nth;
}

function die(): Promise<never> {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
}

/** A call that fails. A file that cannot be closed is closed all the same, as a system does. */
async function fail(failure: Failure, name: string, call: Call, values: unknown[]): Promise<unknown> {
  const half = () => {
    const [bytes, at = 0] = values as [Uint8Array, number?];
    return call(bytes, at, Math.ceil((bytes.length - at) / 2));
  };
  if (failure === 'short write') return half();
  if (failure === 'kill in the middle') await half();
  if (failure === 'kill after') await call(...values);
  if (failure.startsWith('kill')) return die();
  if (name === 'close') await call();
  throw failed(failure === 'full disk' ? 'ENOSPC' : failure);
}

/**
 * Counts every call on files below a folder, whoever makes it in this process, and lets the `nth` fail (from 1; 0 only
 * counts).
 */
export function failFiles(folder: string, nth: number, failure: Failure = 'EIO'): FailingFiles {
  const made: string[] = [];
  const inside = `${resolve(folder)}${sep}`;
  const guarded =
    (name: string, path: string, call: Call): Call =>
    async (...values) => {
      made.push(`${name} ${path.slice(inside.length)}`);
      const isDue = nth > 0 && applies(failure, name, made.length, nth);
      return isDue ? fail(failure, name, call, values) : call(...values);
    };
  const originals = new Map(BY_PATH.map((name) => [name, real[name]!]));
  for (const [name, original] of originals)
    real[name] = async (...values) => {
      const path = resolve(String(values[0]));
      if (!path.startsWith(inside)) return original(...values);
      const result = await guarded(name, path, original)(...values);
      if (name !== 'open') return result;
      const file = result as Calls;
      for (const own of BY_FILE) file[own] = guarded(own, path, file[own]!.bind(file));
      return file;
    };
  syncBuiltinESMExports();
  return {
    made,
    restore() {
      for (const [name, original] of originals) real[name] = original;
      syncBuiltinESMExports();
    },
  };
}
