import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';

/** What a test's server gives for a path: a file's name, bytes, or an answer of its own. */
export type Served =
  | string
  | Uint8Array
  | {
      readonly status?: number;
      readonly type?: string;
      readonly body?: string | Uint8Array;
      readonly length?: number;
    };

// A page takes scripts and styles by their types alone.
const TYPES: Readonly<Record<string, string>> = {
  '': 'text/html',
  '.html': 'text/html',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

const typeOf = (path: string): string =>
  TYPES[path.endsWith('/') ? '' : extname(path)] ?? 'application/octet-stream';

/** A server for tests: any answers, also broken ones. @param headers - with every answer */
export async function serve(
  paths: Readonly<Record<string, Served>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const path = (request.url ?? '').split('?')[0]!;
    const given = paths[path] ?? (path === '/favicon.ico' ? { status: 204 } : undefined);
    if (given === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (typeof given === 'string' || given instanceof Uint8Array) {
      const body = typeof given === 'string' ? await readFile(given) : given;
      response.writeHead(200, { 'Content-Type': typeOf(path), 'Content-Length': body.length }).end(body);
      return;
    }
    const { status = 200, type = typeOf(path), body = '', length = Buffer.byteLength(body) } = given;
    response.writeHead(status, { 'Content-Type': type, 'Content-Length': length });
    // A length beyond the body is a download that breaks off.
    response.write(body, () => (length > Buffer.byteLength(body) ? response.destroy() : response.end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
