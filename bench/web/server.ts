import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

// A server for one page: a fixed list of files, and the few requests by which the page is driven.

const ORT = 'bench/peers/node_modules/onnxruntime-web/dist';
/** Files of a page by the path that it asks for. */
export type PageFiles = Readonly<Record<string, readonly [file: string, type: string]>>;

/** The page of `--web`. */
export const PAGE_FILES: PageFiles = {
  '/': ['bench/web/page.html', 'text/html'],
  '/page.mjs': ['bench/peers/dist/web_page.mjs', 'text/javascript'],
  '/ort.mjs': [`${ORT}/ort.webgpu.bundle.min.mjs`, 'text/javascript'],
  '/ort.wasm': [`${ORT}/ort-wasm-simd-threaded.asyncify.wasm`, 'application/wasm'],
};
// Isolated, so that the clock is fine and onnxruntime may share memory.
const ISOLATED = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cache-Control': 'no-store',
};
const LONGEST_BODY = 1 << 20;

/** A page: its files, below a root, and what it is to do. */
export interface ServedPage {
  readonly root: string;
  readonly files: PageFiles;
  readonly task: unknown;
  /** Of the browser, besides those of every page. */
  readonly flags?: readonly string[];
}

/** What the server asks of its owner. */
export interface PageOwner extends ServedPage {
  /** Processor milliseconds of the browser so far over cores; 0 where that cannot be known. */
  processorTime(): Promise<number>;
  say(line: string): void;
  done(result: unknown): void;
  failed(reason: string): void;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > LONGEST_BODY) throw new Error('too long');
  }
  return JSON.parse(text);
}

async function answer(owner: PageOwner, path: string, body: unknown): Promise<unknown> {
  switch (path) {
    case '/task':
      return owner.task;
    case '/clock':
      return owner.processorTime();
    case '/say':
      owner.say(String(body));
      return null;
    case '/result':
      owner.done(body);
      return null;
    case '/failed':
      owner.failed(String(body));
      return null;
    default:
      return undefined;
  }
}

async function respond(owner: PageOwner, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '/';
  const file = owner.files[path];
  if (request.method === 'GET' && file) {
    const bytes = await readFile(join(owner.root, file[0]));
    response.writeHead(200, { ...ISOLATED, 'Content-Type': file[1] }).end(bytes);
    return;
  }
  const said = request.method === 'POST' ? await answer(owner, path, await bodyOf(request)) : undefined;
  response
    .writeHead(said === undefined ? 404 : 200, { ...ISOLATED, 'Content-Type': 'application/json' })
    .end(JSON.stringify(said ?? null));
}

/** Serves the page to this machine alone. */
export async function servePage(owner: PageOwner): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    respond(owner, request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      owner.failed(`${request.url}: ${error.message}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
