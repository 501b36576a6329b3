import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../cli.mjs', import.meta.url));
/** What `e2gan demo` serves. */
export const SITE = fileURLToPath(new URL('../site', import.meta.url));
const PATIENCE_MS = 30_000;

/** `e2gan demo` as a process of its own. */
export interface Demo {
  readonly port: number;
  readonly pid: number;
  /** Ends it as Ctrl+C does. @returns its exit code, or the signal where it had to be killed */
  stop(): Promise<number | string>;
}

/** What a process printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function spawnDemo(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [PROGRAM, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Runs `e2gan demo` until it ends by itself. */
export function demoEnds(...args: readonly string[]): Promise<Ended> {
  const child = spawnDemo(args);
  const text = { out: '', err: '' };
  for (const [name, stream] of [['out', child.stdout] as const, ['err', child.stderr] as const])
    stream!.on('data', (part) => {
      text[name] += part;
    });
  const watchdog = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  return new Promise((resolve) =>
    child.on('close', (code) => {
      clearTimeout(watchdog);
      resolve({ code, ...text });
    }),
  );
}

/** Starts it on a free port, with a folder served as /vectors/. */
export async function startDemo(vectors: string): Promise<Demo> {
  const child = spawnDemo(['--port', '0', '--vectors', vectors]);
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = new Promise<number | string>((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  child.stderr!.pipe(process.stderr);
  const port = await new Promise<number>((resolve, reject) => {
    let said = '';
    child.stdout!.on('data', (part) => {
      said += part;
      const found = /http:\/\/127\.0\.0\.1:(\d+)\/ for this machine alone/.exec(said)?.[1];
      if (found) resolve(Number(found));
    });
    void ended.then((how) => reject(new Error(`e2gan demo ended (${how}) before it served: ${said}`)));
  });
  const stop = (): Promise<number | string> => {
    const watchdog = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.kill('SIGINT');
    return ended.finally(() => clearTimeout(watchdog));
  };
  return { port, pid: child.pid!, stop };
}

/** An answer as it came, byte by byte. */
export interface Answer {
  /** 0 where there was none. */
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
  readonly ms: number;
}

/** How a request is sent. */
export interface Way {
  /** Address to connect to. */
  readonly host?: string;
  /** Sent every so many milliseconds as long as the server takes it. */
  readonly endless?: string;
  readonly patienceMs?: number;
}

function parse(bytes: Buffer, ms: number): Answer {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body: end < 0 ? Buffer.alloc(0) : bytes.subarray(end + 4), ms };
}

function sendForEver(socket: Socket, part: string): NodeJS.Timeout {
  return setInterval(() => {
    if (socket.writable && socket.writableLength < 1e6) socket.write(part);
  }, 1);
}

/** Sends bytes as they are, which no client normalises, and reads until the server closes. Never rejects. */
export function ask(port: number, request: string | Buffer, way: Way = {}): Promise<Answer> {
  const begin = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let sender: NodeJS.Timeout | undefined;
    const socket = connect(port, way.host ?? '127.0.0.1', () => {
      socket.write(request);
      if (way.endless !== undefined) sender = sendForEver(socket, way.endless);
    });
    socket.on('data', (part) => chunks.push(part));
    // A closed connection is an answer too.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(way.patienceMs ?? PATIENCE_MS, () => socket.destroy());
    socket.on('close', () => {
      clearInterval(sender);
      resolve(parse(Buffer.concat(chunks), performance.now() - begin));
    });
  });
}

/** One request with the right Host, unless `headers` hold another. */
export function request(port: number, line: string | Buffer, ...headers: readonly string[]): Buffer {
  const host = headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: 127.0.0.1:${port}`];
  const rest = ['', ...host, ...headers, 'Connection: close', '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(line), Buffer.from(' HTTP/1.1'), Buffer.from(rest)]);
}

/** Resident memory of a process in MB; undefined where the system does not tell. */
export async function residentOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(text)?.[1];
  return kb === undefined ? undefined : Number(kb) / 1024;
}

/** Open files and sockets of a process; undefined where the system does not tell. */
export async function openFilesOf(pid: number): Promise<number | undefined> {
  return readdir(`/proc/${pid}/fd`).then(
    (names) => names.length,
    () => undefined,
  );
}
