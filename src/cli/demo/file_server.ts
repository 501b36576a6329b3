import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { extname, join, relative, sep } from 'node:path';
import { errorCode, fileError, UserError } from '../errors.ts';

// A server for one machine and a fixed list of files. It writes nothing, takes no input and knows no paths but its list's.

const HOST = '127.0.0.1';
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
};

/** Scripts, styles and workers from here alone; pictures and videos also from what the page itself has made. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

/** Limits that keep a slow or greedy client from the others; times in milliseconds, kept to a second. */
const LIMITS = {
  headers: 10_000,
  request: 15_000,
  /** Between two requests. */
  idle: 5_000,
  /** Without a byte either way. */
  silence: 15_000,
  headerBytes: 8192,
  /** Clients above it are told so; those above `dropped` are not even that. */
  connections: 256,
  dropped: 1024,
};
const CHECK_MS = 1000;

/** Files by the path that they are asked for with. */
export type FileList = ReadonlyMap<string, string>;

/** Lists a folder's regular files that lie in it, links out of it left out; `index.html` also as its folder. */
export async function listFiles(root: string): Promise<FileList> {
  const files = new Map<string, string>();
  try {
    const real = await realpath(root);
    for (const entry of await readdir(real, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const target = await realpath(path).catch(() => null);
      if (!target?.startsWith(real + sep) || !(await stat(target)).isFile()) continue;
      const url = `/${relative(real, path).split(sep).map(encodeURIComponent).join('/')}`;
      files.set(url, target);
      if (url.endsWith('/index.html')) files.set(url.slice(0, -'index.html'.length), target);
    }
  } catch (error) {
    throw fileError(root, 'list the folder', error);
  }
  return files;
}

/** Where a server listens. */
export interface FileServer {
  readonly url: string;
  readonly port: number;
  close(): void;
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  const body = `${reason}\n`;
  const headers = {
    ...HEADERS,
    Allow: 'GET, HEAD',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    Connection: 'close',
  };
  response.writeHead(status, headers).end(body);
}

/** Names that a browser on this machine uses for it: another site's page cannot make it send one of these. */
const ownNames = (port: number): string[] => [`${HOST}:${port}`, `localhost:${port}`];

/** Why a request is refused: status and reason; null where it is not. */
function refusal(port: number, request: IncomingMessage): readonly [number, string] | null {
  const { headers, headersDistinct, method } = request;
  const own = ownNames(port);
  // Of two names Node shows the first.
  if (headersDistinct.host?.length !== 1 || !own.includes(headers.host ?? '')) return [403, 'unknown host'];
  if (headers.origin !== undefined && !own.some((name) => headers.origin === `http://${name}`))
    return [403, 'another origin'];
  if (method !== 'GET' && method !== 'HEAD') return [405, 'GET and HEAD only'];
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody ? [413, 'no body is taken'] : null;
}

async function respond(
  files: FileList,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refused = refusal(port, request);
  if (refused) {
    refuse(response, ...refused);
    return;
  }
  // Exactly as listed: nothing is decoded, so nothing can be spelled around.
  const file = files.get((request.url ?? '').split('?')[0]!);
  await send(file ?? '', request.method === 'HEAD', response);
}

async function send(file: string, isHead: boolean, response: ServerResponse): Promise<void> {
  // What was a file when it was listed may have become a link.
  const isThere = file !== '' && (await realpath(file).catch(() => '')) === file;
  const about = isThere ? await stat(file).catch(() => null) : null;
  if (!about?.isFile()) {
    refuse(response, 404, 'no such file');
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { ...HEADERS, 'Content-Type': type, 'Content-Length': about.size });
  if (isHead) {
    response.end();
    return;
  }
  const stream = createReadStream(file);
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const busy = errorCode(error) === 'EADDRINUSE';
      const reason = busy ? 'is in use; give another, or 0 for any' : `cannot be used (${error.message})`;
      reject(new UserError(`--port ${port}: ${reason}`, 1, { cause: error }));
    });
    server.listen(port, HOST, () => resolve((server.address() as AddressInfo).port));
  });
}

/** A server that answers by `answer`, within the limits. */
function limitedServer(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Server {
  const options = {
    maxHeaderSize: LIMITS.headerBytes,
    headersTimeout: LIMITS.headers,
    requestTimeout: LIMITS.request,
    keepAliveTimeout: LIMITS.idle,
    connectionsCheckingInterval: CHECK_MS,
  };
  let open = 0;
  const surplus = new WeakSet<Socket>();
  const server = createServer(options, (request, response) => {
    if (surplus.has(request.socket)) refuse(response, 503, 'too many connections');
    else void answer(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket: Socket) => {
    if (++open > LIMITS.connections) surplus.add(socket);
    socket.once('close', () => open--);
  });
  server.maxConnections = LIMITS.dropped;
  server.timeout = LIMITS.silence;
  // Nothing here speaks another protocol.
  server.on('upgrade', (_request, socket) => socket.destroy());
  return server;
}

/** Serves files to this machine alone. @param port - 0 for any that is free @throws UserError where it is taken */
export async function serveFiles(files: FileList, port: number): Promise<FileServer> {
  let own = port;
  const server = limitedServer((request, response) => respond(files, own, request, response));
  own = await listen(server, port);
  return {
    url: `http://${HOST}:${own}/`,
    port: own,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
