import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/train/random.ts';
import { ask, type Demo, openFilesOf, request, residentOf } from './demo_process.ts';
import type { Figures, PartOptions } from './figures.ts';

// Many clients at once, and clients that are slow, greedy or gone.

/** Sockets that say one byte a second and never finish; they know when the server closes them. */
class SlowLorises {
  readonly #sockets: Socket[] = [];
  readonly #begin = performance.now();
  #closed = 0;
  #lastMs = 0;

  static async start(port: number, count: number): Promise<SlowLorises> {
    const crowd = new SlowLorises();
    await Promise.all(Array.from({ length: count }, () => crowd.#join(port)));
    return crowd;
  }

  async #join(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    const drip = setInterval(() => socket.write('X'), 1000);
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-`);
    socket.resume().on('close', () => {
      clearInterval(drip);
      this.#closed++;
      this.#lastMs = performance.now() - this.#begin;
    });
    this.#sockets.push(socket);
  }

  get open(): number {
    return this.#sockets.length - this.#closed;
  }

  /** Seconds until the server had closed the last one; infinite where it did not within `patienceMs`. */
  async seconds(patienceMs: number): Promise<number> {
    const end = this.#begin + patienceMs;
    while (this.open > 0 && performance.now() < end) await sleep(100);
    const done = this.open === 0;
    for (const socket of this.#sockets) socket.destroy();
    return done ? this.#lastMs / 1000 : Number.POSITIVE_INFINITY;
  }
}

const CROWD = 200;

/** 200 slow sockets, a good client beside them, and `meanwhile`; then the server has to have closed the slow ones. */
export async function besideSlowClients(
  figures: Figures,
  { port }: Demo,
  { full }: PartOptions,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const crowd = await SlowLorises.start(port, CROWD);
  const times: number[] = [];
  await ask(port, request(port, 'GET /index.html'));
  for (let i = 0; i < 25; i++) times.push((await ask(port, request(port, 'GET /index.html'))).ms);
  figures.count('slow clients', crowd.open, CROWD, 'were there beside the good one');
  times.sort((a, b) => a - b);
  figures.atMost('a good client beside 200 slow ones, median', times[12]!, 200, 'ms');
  // Others may be at work on a machine that runs samples.
  if (full) figures.atMost('its slowest answer', times.at(-1)!, 200, 'ms');
  await meanwhile();
  figures.atMost('the last slow client was sent away after', await crowd.seconds(60_000), 25, 's');
}

const SILENT = 20;
const SILENCE_MS = 20_000;

/** Clients that ask for a large file and read none of it for 20 s: then they find it cut off. */
export async function besideClientsThatDoNotRead(
  figures: Figures,
  { port }: Demo,
  path: string,
  bytes: number,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const begin = performance.now();
  const sockets = Array.from({ length: SILENT }, () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.pause().write(request(port, `GET ${path}`));
    return socket;
  });
  await meanwhile();
  await sleep(begin + SILENCE_MS - performance.now());
  const sizes = await Promise.all(
    sockets.map(async (socket) => {
      let size = 0;
      socket.on('data', (part) => {
        size += part.length;
      });
      if (!socket.closed) await Promise.race([once(socket, 'close'), sleep(10_000)]);
      return size;
    }),
  );
  for (const socket of sockets) socket.destroy();
  figures.count(
    'clients that do not read',
    sizes.filter((size) => size < bytes).length,
    SILENT,
    'are sent away',
  );
}

/** 500 connections that are all there before the first one asks. */
export async function parallel(figures: Figures, { port }: Demo): Promise<void> {
  const count = 500;
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      return socket;
    }),
  );
  const answers = sockets.map(async (socket) => {
    let text = '';
    socket.on('data', (part) => {
      text += part.toString('latin1');
    });
    socket.write(request(port, 'HEAD /index.html'));
    await Promise.race([once(socket, 'close'), sleep(20_000)]);
    socket.destroy();
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
  });
  const statuses = await Promise.all(answers);
  const of = (status: number) => statuses.filter((s) => s === status).length;
  figures.count(`${count} connections at once`, of(200) + of(503), count, 'have an answer (200 or 503)');
  figures.count('those that were served', Math.min(of(200), 200), 200, 'at the least');
  const after = await ask(port, request(port, 'GET /index.html'));
  figures.count('a client after them', Number(after.status === 200), 1, 'served');
}

/** Clients that leave in mid-answer: whatever was open for them is closed. */
export async function leaving(figures: Figures, demo: Demo, path: string): Promise<void> {
  const before = await openFilesOf(demo.pid);
  if (before === undefined) return figures.skip('clients that leave', 'open files are not told here');
  for (let i = 0; i < 100; i++) {
    const socket = connect(demo.port, '127.0.0.1').on('error', () => {});
    socket.write(request(demo.port, `GET ${path}`));
    await once(socket, 'data');
    if (i % 2) socket.resetAndDestroy();
    else socket.destroy();
  }
  const end = performance.now() + 5000;
  while ((await openFilesOf(demo.pid))! > before && performance.now() < end) await sleep(50);
  figures.atMost(
    'open files after 100 clients that left',
    (await openFilesOf(demo.pid))! - before,
    0,
    'more',
  );
}

/** One of what a server is asked, good and bad. */
function randomCall(random: Random, port: number, paths: readonly string[]): http.RequestOptions {
  const known = paths[random.integer(paths.length)]!;
  const odd = [`${known}x`, `/${'a'.repeat(random.integer(9000))}`, `/%${random.integer(256)}/..`, '//'];
  const host = random.next() < 0.1 ? 'evil.example' : `127.0.0.1:${port}`;
  const method = ['GET', 'GET', 'GET', 'HEAD', 'POST', 'OPTIONS'][random.integer(6)]!;
  const path = random.next() < 0.7 ? known : odd[random.integer(odd.length)]!;
  return { method, path, headers: { host, 'x-noise': 'n'.repeat(random.integer(500)) } };
}

function call(options: http.RequestOptions, leaves: boolean): Promise<void> {
  return new Promise((resolve) => {
    const sent = http.request(options, (answer) => {
      if (leaves) answer.destroy();
      answer.resume().on('close', resolve);
    });
    sent.on('error', () => resolve()).end();
  });
}

const BATCHES = 10;

/** Memory of the server's process over many requests. */
export async function manyRequests(
  figures: Figures,
  demo: Demo,
  random: Random,
  paths: readonly string[],
  { full }: PartOptions,
): Promise<void> {
  const [warm, count] = full ? [20_000, 200_000] : [2000, 5000];
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const batch = async (n: number) => {
    const one = async () => {
      for (let i = 0; i < n / 8; i++) {
        const asked = randomCall(random, demo.port, paths);
        await call({ ...asked, host: '127.0.0.1', port: demo.port, agent }, random.next() < 0.02);
      }
    };
    await Promise.all(Array.from({ length: 8 }, one));
  };
  await batch(warm);
  // Between two collections memory goes up and down: the least of three readings counts.
  const readings: number[] = [];
  for (let i = 0; i < BATCHES; i++) {
    readings.push((await residentOf(demo.pid)) ?? Number.NaN);
    await batch(count / BATCHES);
  }
  agent.destroy();
  const growth = Math.min(...readings.slice(-3)) - Math.min(...readings.slice(0, 3));
  const name = `resident memory of the server over ${count} requests`;
  if (Number.isNaN(growth)) figures.skip(name, 'it is not told here');
  else figures.atMost(name, growth, 20, 'MB of growth');
}
