import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { listFiles } from '../../src/cli/demo/file_server.ts';
import { Random } from '../../src/train/random.ts';
import { folderHash } from '../cli/run_program.ts';
import { besideClientsThatDoNotRead, besideSlowClients, leaving, manyRequests, parallel } from './crowds.ts';
import { type Answer, ask, type Demo, demoEnds, request, SITE, startDemo } from './demo_process.ts';
import { type Figures, type PartOptions, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';
import { hostsAndOrigins, refusals } from './server_refusals.ts';
import { spellings } from './spellings.ts';

// `e2gan demo` as a process, spoken to over sockets: what leaves it, who is let in, and who can hold it up.

const SECRET = 'SECRET-8c1d';
const LARGE = '/vectors/large.bin';
const LARGE_BYTES = 32 * 2 ** 20;

/** A folder to serve as /vectors/, a secret beside it, and links to that secret. */
async function layFolder(folder: string): Promise<string> {
  const root = join(folder, 'vectors');
  await mkdir(join(root, 'inside'), { recursive: true });
  await mkdir(join(root, 'moved'));
  await writeFile(join(folder, 'secret.txt'), SECRET);
  for (const name of ['inside/a.txt', 'swapped.txt', 'moved/secret.txt'])
    await writeFile(join(root, name), 'listed');
  await writeFile(join(root, 'large.bin'), Buffer.alloc(LARGE_BYTES, 'large '));
  const links = { 'link.txt': join(folder, 'secret.txt'), 'chain.txt': 'link.txt', up: '..', loop: '.' };
  for (const [name, to] of Object.entries({ ...links, system: '/etc', 'dangling.txt': '../nothing' }))
    await symlink(to, join(root, name));
  return root;
}

/** What changes once the server has made its list. */
async function changeFolder(root: string): Promise<void> {
  await writeFile(join(root, 'late.txt'), SECRET);
  await rm(join(root, 'swapped.txt'));
  await symlink('../secret.txt', join(root, 'swapped.txt'));
  await rename(join(root, 'moved'), join(root, 'old'));
  await symlink('..', join(root, 'moved'));
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Digests of all that may be served, and of every sentence that a refusal may hold. */
async function allowed(vectors: string): Promise<Set<string>> {
  const files = [...(await listFiles(SITE)).values(), ...(await listFiles(vectors)).values()];
  const sentences = ['', 'no such file\n', 'unknown host\n', 'another origin\n', 'GET and HEAD only\n'];
  return new Set([
    ...(await Promise.all(files.map(async (file) => digest(await readFile(file))))),
    ...sentences.map((text) => digest(Buffer.from(text))),
  ]);
}

/** Bytes that were no listed file and no refusal, over all spellings. */
async function leaked(port: number, paths: readonly string[], may: ReadonlySet<string>): Promise<string[]> {
  const leaks: string[] = [];
  for (let i = 0; i < paths.length; i += 20) {
    const some = paths.slice(i, i + 20);
    const answers = await Promise.all(some.map((path) => ask(port, request(port, `GET ${path}`))));
    for (const [j, { body }] of answers.entries())
      if (!may.has(digest(body))) leaks.push(`${some[j]}: ${body.length} bytes`);
  }
  return leaks;
}

/** A server as they are often written, to show that the spellings would find something. */
async function naive(root: string, paths: readonly string[], may: ReadonlySet<string>): Promise<number> {
  const server = createServer((asked, answer) => {
    const path = decodeURIComponent((asked.url ?? '').replace(/^\/vectors/, '').replaceAll('\\', '/'));
    readFile(join(root, path)).then(
      (bytes) => answer.end(bytes),
      () => answer.writeHead(404).end(),
    );
  }).on('clientError', (_, socket) => socket.destroy());
  server.on('request', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    return (await leaked((server.address() as AddressInfo).port, paths, may)).length;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function traversal(figures: Figures, demo: Demo, folder: string, { seed }: PartOptions): Promise<void> {
  const vectors = join(folder, 'vectors');
  const may = await allowed(vectors);
  await changeFolder(vectors);
  const paths = spellings(new Random(`server ${seed}`), demo.port, folder);
  const leaks = await leaked(demo.port, paths, may);
  for (const leak of leaks) figures.detail(leak);
  const name = `${paths.length} spellings of paths out of the folder`;
  figures.count(name, paths.length - leaks.length, paths.length, 'leak nothing');
  const decodable = paths.filter((path) => URL.canParse(path, 'http://x') && isDecodable(path));
  const found = await naive(vectors, decodable, may);
  figures.count('a naive server in its place', Math.min(found, 10), 10, 'and more leak, as they must');
}

function isDecodable(path: string): boolean {
  try {
    return decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}

/** What a page comes with, and what HEAD does. */
async function servedPages(figures: Figures, { port }: Demo): Promise<void> {
  const page = await ask(port, request(port, 'GET /'));
  const head = await ask(port, request(port, 'HEAD /'));
  const checks: Record<string, boolean> = {
    'GET / is the page': page.status === 200 && /<!doctype html>/i.test(page.body.toString('utf8')),
    nosniff: /^x-content-type-options: nosniff\r?$/im.test(page.head),
    'a policy without unsafe-inline': /^content-security-policy: (?!.*unsafe).*script-src 'self'/im.test(
      page.head,
    ),
    'no frames': /frame-ancestors 'none'/.test(page.head),
    'not for other sites': /^cross-origin-resource-policy: same-origin\r?$/im.test(page.head),
    'no CORS': !/access-control-/i.test(page.head),
    'HEAD is GET without the page':
      head.status === 200 && head.body.length === 0 && lengthIn(head) === page.body.length,
  };
  const wrong = Object.keys(checks).filter((name) => !checks[name]);
  for (const name of wrong) figures.detail(name);
  const all = Object.keys(checks).length;
  figures.count('headers of the page', all - wrong.length, all, 'as they should be');
}

const lengthIn = ({ head }: Answer): number => Number(/^content-length: (\d+)/im.exec(head)?.[1]);

/** It listens to this machine alone, and a port that is taken is named. */
async function addresses(figures: Figures, { port }: Demo): Promise<void> {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  // All of 127.0.0.0/8 leads to a Linux machine itself: what listens everywhere answers there.
  const others = process.platform === 'linux' ? ['127.0.0.2'] : [];
  const hosts = new Set([
    ...others,
    '::1',
    ...own.filter((a) => a.address !== '127.0.0.1').map((a) => a.address),
  ]);
  let deaf = 0;
  for (const host of hosts) {
    const answer = await ask(port, request(port, 'GET /'), { host, patienceMs: 2000 });
    if (answer.head === '') deaf++;
    else figures.detail(`${host} answers`);
  }
  figures.count('other addresses of this machine', deaf, hosts.size, 'do not answer');
  const { code, out, err } = await demoEnds('--port', String(port));
  const isTold =
    code === 1 && out === '' && err === `e2gan: --port ${port}: is in use; give another, or 0 for any\n`;
  if (!isTold) figures.detail(`${code}: ${out}${err}`);
  figures.count('a port that is in use', Number(isTold), 1, 'named in one line, exit code 1');
}

await runPart((figures, options) =>
  inScratch(async (folder) => {
    if (!existsSync(SITE)) return figures.skip('e2gan demo', 'dist/site is not built: node build.mjs web');
    const random = new Random(`server requests ${options.seed}`);
    const vectors = await layFolder(folder);
    const paths = [...(await listFiles(SITE)).keys(), '/vectors/inside/a.txt'];
    const demo = await startDemo(vectors);
    const before = await folderHash(SITE);
    await besideClientsThatDoNotRead(figures, demo, LARGE, LARGE_BYTES, () =>
      besideSlowClients(figures, demo, options, async () => {
        await servedPages(figures, demo);
        await traversal(figures, demo, folder, options);
        await hostsAndOrigins(figures, demo);
        await addresses(figures, demo);
      }),
    );
    await refusals(figures, demo);
    await parallel(figures, demo);
    await leaving(figures, demo, LARGE);
    await manyRequests(figures, demo, random, paths, options);
    figures.count('the site', Number((await folderHash(SITE)) === before), 1, 'is as it was');
    const begin = performance.now();
    const code = await demo.stop();
    figures.count('Ctrl+C', Number(code === 0), 1, 'ends it');
    figures.atMost('which takes', performance.now() - begin, 5000, 'ms');
  }),
);
