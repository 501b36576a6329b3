import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type FileServer, listFiles, serveFiles } from '../../src/cli/demo/file_server.ts';
import { withFolder } from '../cli/scratch.ts';

/** One request as it is written, and the answer as it comes. */
function ask(port: number, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\n\r\n`));
    let answer = '';
    socket.setEncoding('latin1').on('data', (text) => {
      answer += text;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
    socket.setTimeout(20_000, () => socket.destroy());
  });
}

type Served = Pick<FileServer, 'port'> & { readonly folder: string };

async function withServer(
  run: (server: Served, get: (line: string, ...headers: string[]) => Promise<string>) => Promise<void>,
) {
  await withFolder(async (folder) => {
    await mkdir(join(folder, 'site', 'models'), { recursive: true });
    await writeFile(join(folder, 'secret.txt'), 'SECRET');
    await writeFile(join(folder, 'site', 'index.html'), '<!doctype html>page');
    await writeFile(join(folder, 'site', 'models', 'base.safetensors'), 'weights');
    await symlink(join(folder, 'secret.txt'), join(folder, 'site', 'link.txt'));
    await symlink(folder, join(folder, 'site', 'up'));
    const server = await serveFiles(await listFiles(join(folder, 'site')), 0);
    const get = (line: string, ...headers: string[]) => {
      const host = headers.some((h) => /^host:/i.test(h)) ? [] : [`Host: 127.0.0.1:${server.port}`];
      return ask(server.port, [`${line} HTTP/1.1`, ...host, ...headers, 'Connection: close'].join('\r\n'));
    };
    try {
      await run({ port: server.port, folder }, get);
    } finally {
      server.close();
    }
  });
}

const status = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);

test('listed files come with their type, a policy and nosniff', async () => {
  await withServer(async (_server, get) => {
    const page = await get('GET /');
    assert.is(status(page), 200);
    assert.match(page, /content-type: text\/html/i);
    assert.match(page, /content-security-policy: default-src 'none'; script-src 'self';/i);
    assert.match(page, /x-content-type-options: nosniff/i);
    assert.match(page, /<!doctype html>page/);
    assert.not.match(page, /access-control/i);
    assert.match(await get('GET /models/base.safetensors?x=1'), /application\/octet-stream[\s\S]*weights/i);
    assert.match(await get('HEAD /'), /content-length: 19/i);
    assert.not.match(await get('HEAD /'), /doctype/);
  });
});

test('nothing outside the list comes, however it is spelled', async () => {
  await withServer(async (server, get) => {
    const dots = ['..', '%2e%2e', '.%2e', '%2E.', '..%00', '....', '%252e%252e', '%c0%ae%c0%ae'];
    const slashes = ['/', '%2f', '\\', '%5c', '//', '%252f', '/./'];
    const paths = [
      ...dots.flatMap((d) =>
        slashes.flatMap((s) => [
          `/${d}${s}secret.txt`,
          `/models/${d}${s}${d}${s}secret.txt`,
          `${s}${d}${s}${d}${s}etc/passwd`,
        ]),
      ),
      '/link.txt',
      '/up/secret.txt',
      '/up/',
      '//etc/passwd',
      '/%00',
      '/index.html/../../secret.txt',
      `http://127.0.0.1:${server.port}/secret.txt`,
      '*',
    ];
    assert.ok(paths.length > 150);
    for (const path of paths) {
      const answer = await get(`GET ${path}`);
      assert.ok([0, 400, 403, 404].includes(status(answer)), `${path}: ${answer.slice(0, 40)}`);
      assert.not.match(answer, /SECRET|root:/, path);
    }
  });
});

test('a listed file that has become a link is not followed', async () => {
  await withServer(async ({ folder }, get) => {
    const file = join(folder, 'site', 'models', 'base.safetensors');
    await rm(file);
    await symlink(join(folder, 'secret.txt'), file);
    const answer = await get('GET /models/base.safetensors');
    assert.is(status(answer), 404);
    assert.not.match(answer, /SECRET/);
  });
});

test('other hosts and origins, and what is no reading, are refused', async () => {
  await withServer(async ({ port }, get) => {
    const hosts = [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1.evil.example:${port}`,
      `[::1]:${port}`,
      '',
    ];
    for (const host of hosts) assert.is(status(await get('GET /', `Host: ${host}`)), 403, `host ${host}`);
    assert.is(status(await get('GET /', `Host: 127.0.0.1:${port}`, 'Host: evil.example')), 403, 'two hosts');
    const origins = [
      'http://evil.example',
      'null',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port + 1}`,
      `http://127.0.0.1:${port}.evil.example`,
    ];
    for (const origin of origins)
      assert.is(status(await get('GET /', `Origin: ${origin}`)), 403, `origin ${origin}`);
    assert.is(status(await get('GET /', `Host: localhost:${port}`, `Origin: http://localhost:${port}`)), 200);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])
      assert.is(status(await get(`${method} /`)), 405, method);
    for (const body of ['Content-Length: 10000000000', 'Transfer-Encoding: chunked'])
      assert.is(status(await get('GET /', body)), 413, body);
    assert.is(status(await get(`GET /${'a'.repeat(65_536)}`)), 431);
    assert.is(
      status(await get('GET /', ...Array.from({ length: 400 }, (_, i) => `X-${i}: ${'y'.repeat(64)}`))),
      431,
    );
    const upgraded = await get(
      'GET /',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Origin: http://evil.example',
    );
    assert.not.match(upgraded, /101/);
  });
});

test('a port that is taken is named, with the remedy', async () => {
  await withServer(async ({ port }) => {
    const error = await serveFiles(new Map(), port).then(
      () => assert.unreachable('it listens twice'),
      (e: Error) => e,
    );
    assert.match(
      (error as Error).message,
      new RegExp(`--port ${port}: is in use; give another, or 0 for any`),
    );
  });
});

test.run();
