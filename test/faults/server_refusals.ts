import { gzipSync } from 'node:zlib';
import { type Answer, ask, type Demo, request, residentOf, type Way } from './demo_process.ts';
import type { Figures } from './figures.ts';

// Whom the demo's server does not serve, and what it says then.

const FOREIGN_HOSTS = (port: number): string[] => [
  'evil.example',
  `evil.example:${port}`,
  '127.0.0.1',
  `127.0.0.1:${port + 1}`,
  `127.0.0.1.evil.example:${port}`,
  `localhost.evil.example:${port}`,
  `[::1]:${port}`,
  `0.0.0.0:${port}`,
  `me@127.0.0.1:${port}`,
  '',
];
const FOREIGN_ORIGINS = (port: number): string[] => [
  'http://evil.example',
  'null',
  `https://127.0.0.1:${port}`,
  `http://127.0.0.1:${port + 1}`,
  `http://127.0.0.1:${port}.evil.example`,
  `http://localhost.evil.example:${port}`,
  `http://127.0.0.1:${port}, http://evil.example`,
  'http://127.0.0.1',
  'file://',
  `chrome-extension://127.0.0.1:${port}`,
];

/** Own and foreign names of the server in `Host` and `Origin`, over methods: 20 by host, 20 by origin. */
export async function hostsAndOrigins(figures: Figures, { port }: Demo): Promise<void> {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  const foreign = [
    ...FOREIGN_HOSTS(port).flatMap((host) => [
      [`Host: ${host}`],
      [`Host: ${host}`, `Origin: http://${own[0]}`],
    ]),
    ...FOREIGN_ORIGINS(port).flatMap((origin) => own.map((host) => [`Host: ${host}`, `Origin: ${origin}`])),
  ];
  const send = async (method: string, headers: readonly string[]) =>
    (await ask(port, request(port, `${method} /index.html`, ...headers))).status;
  let refused = 0;
  for (const headers of foreign) {
    const statuses = await Promise.all(['GET', 'HEAD', 'POST'].map((method) => send(method, headers)));
    if (statuses.every((status) => status === 403)) refused++;
    else figures.detail(`${headers.join(', ')}: ${statuses}`);
  }
  figures.count('requests with a foreign Host or Origin', refused, foreign.length, 'refused with 403');
  const good = own.flatMap((host) => [[`Host: ${host}`], [`Host: ${host}`, `Origin: http://${host}`]]);
  const served = await Promise.all(good.map((headers) => send('GET', headers)));
  figures.count('requests with its own', served.filter((s) => s === 200).length, 4, 'served');
}

/** A request that must be refused: what it is, its bytes, the statuses that are right (0: closed). */
type Refused = readonly [id: string, what: string, bytes: Buffer, statuses: readonly number[], way?: Way];

/** As browsers ask for a WebSocket. */
function webSocket(port: number, origin: string): Buffer {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const lines = ['GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, ...upgrade, key, `Origin: ${origin}`, '', ''];
  return Buffer.from(lines.join('\r\n'));
}

function refusedRequests(port: number): Refused[] {
  const r = (line: string, ...headers: string[]) => request(port, line, ...headers);
  const post = (body: string | Buffer, type: string) =>
    Buffer.concat([
      r('POST /', `Content-Type: ${type}`, `Content-Length: ${body.length}`),
      Buffer.from(body),
    ]);
  const methods = ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'MKCOL', 'MOVE'];
  const many = Array.from({ length: 10_000 }, (_, i) => `X-${i}: y`);
  const form = 'Content-Disposition: form-data; name="f"; filename="../../x.png"\r\n\r\nx\r\n--b--\r\n';
  const endless: Way = { endless: '400\r\n'.padEnd(5 + 0x400, 'z').concat('\r\n'), patienceMs: 20_000 };
  return [
    ['H5', 'a WebSocket from elsewhere', webSocket(port, 'http://evil.example'), [0, 403]],
    ['H5', 'a WebSocket from its own page', webSocket(port, `http://127.0.0.1:${port}`), [0, 404]],
    ['H6', '10 GB announced', r('GET /', 'Content-Length: 10000000000'), [413]],
    ['H6', '10 GB announced with POST', r('POST /', 'Content-Length: 10000000000'), [405, 413]],
    ['H6', 'chunks without end', r('GET /', 'Transfer-Encoding: chunked'), [0, 413], endless],
    ['H6', 'chunks without end with POST', r('POST /', 'Transfer-Encoding: chunked'), [0, 405, 413], endless],
    ['H6', 'two lengths', r('GET /', 'Content-Length: 1', 'Content-Length: 2'), [400]],
    ['H8', 'invalid JSON', post('{"a":', 'application/json'), [405, 413]],
    ['H8', 'JSON 10,000 deep', post('['.repeat(10_000), 'application/json'), [405, 413]],
    ...methods.map((m): Refused => ['H9', m, r(`${m} /`), [405]]),
    ['H9', 'a method that is none', r('BREW /'), [400]],
    ['H9', 'CONNECT', r('CONNECT evil.example:443'), [0, 405]],
    ['H9', 'OPTIONS as browsers ask', r('OPTIONS /', 'Access-Control-Request-Method: PUT'), [405]],
    ['H10', '10,000 headers', r('GET /', ...many), [431]],
    ['H10', 'an address of 64 KB', r(`GET /${'a'.repeat(65_536)}`), [431]],
    [
      'H12',
      'a file named ../../x.png',
      post(`--b\r\n${form}`, 'multipart/form-data; boundary=b'),
      [405, 413],
    ],
    ['H13', 'a gzip bomb', post(gzipSync(Buffer.alloc(1e7)), 'application/gzip'), [405, 413]],
    ['H17', 'markup in the address', r('GET /<script>alert(1)</script>'), [404]],
    ['H17', 'markup in Host', r('GET /', 'Host: <script>alert(1)</script>'), [403]],
    ['H17', 'two names in Host', r('GET /', `Host: 127.0.0.1:${port}`, 'Host: evil.example'), [400, 403]],
    [
      'H17',
      'a line break in a header',
      Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\nX: y\r\n\r\n`),
      [0, 400],
    ],
    ['H17', 'no HTTP', Buffer.from('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n'), [400]],
    ['H17', 'HTTP/1.0 without Host', Buffer.from('GET / HTTP/1.0\r\n\r\n'), [403]],
  ];
}

/** What is wrong with a refusal, whatever its status. */
function wrongWith(answer: Answer, statuses: readonly number[]): string | null {
  const { status, head, body } = answer;
  if (!statuses.includes(status)) return `status ${status} in place of ${statuses.join(' or ')}`;
  if (/access-control-/i.test(head)) return 'it speaks of CORS';
  if (/<script|alert\(|evil\.example/i.test(head + body.toString('latin1')))
    return 'it says what it was sent';
  if (body.length === 0) return null;
  if (!/^x-content-type-options: nosniff\r?$/im.test(head)) return 'no nosniff';
  if (!/^content-security-policy: default-src 'none'/im.test(head)) return 'no policy';
  return /^content-type: text\/plain/im.test(head) ? null : 'not plain text';
}

/** Requests that must not be answered with a file. */
export async function refusals(figures: Figures, { port, pid }: Demo): Promise<void> {
  const all = refusedRequests(port);
  const before = await residentOf(pid);
  let refused = 0;
  for (const [id, what, bytes, statuses, way] of all) {
    const answer = await ask(port, bytes, way);
    const wrong = wrongWith(answer, statuses) ?? (answer.ms > 18_000 ? `held for ${answer.ms} ms` : null);
    if (wrong === null) refused++;
    else figures.detail(`${id}, ${what}: ${wrong}`);
  }
  figures.count('requests that are none of its own', refused, all.length, 'refused');
  const after = await residentOf(pid);
  if (before !== undefined && after !== undefined)
    figures.atMost('resident memory over them', after - before, 50, 'MB of growth');
}
