import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { Random } from '../../src/train/random.ts';
import { sendJson, startFakeServer, writeConcepts, writeSources } from './distill_server.ts';
import { folderHash } from './run_program.ts';

const SOURCES = 100;
const CONCEPTS = ['ink', 'snow', 'rain', 'oil', 'dusk'];
const PAIRS = SOURCES * CONCEPTS.length;
const KILLS = 5;
const isWindows = process.platform === 'win32';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-distill-'));
const at = (...names: string[]): string => join(folder, ...names);
const server = await startFakeServer();
await writeSources(at('photos'), SOURCES, 8);
await writeConcepts(at('concepts.json'), CONCEPTS);

/** Kills a program, and the one that it may have started for an unpacked device. */
function kill(child: ChildProcess): void {
  try {
    isWindows ? child.kill('SIGKILL') : process.kill(-child.pid!, 'SIGKILL');
  } catch {
    // It has ended just before.
  }
}

/** Makes the pairs with the built program; `watch` hears of each request and may kill it. */
function distill(
  out: string,
  watch: (child: ChildProcess) => void = () => {},
): Promise<{ code: number | null; err: string }> {
  const given = ['--sources', at('photos'), '--concepts', at('concepts.json'), '--size', '8'];
  const rest = ['--webui', server.url, '--teacher-size', '8', '--retries', '20', '--retry-delay', '0.005'];
  const args = ['dist/cli.mjs', 'distill', at(out), ...given, ...rest];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: !isWindows });
  let err = '';
  child.stderr!.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const fault = server.fault;
  server.fault = async (answer, seen) => {
    watch(child);
    return (await fault?.(answer, seen)) ?? false;
  };
  return new Promise((resolve) => {
    child.on('close', (code) => {
      server.fault = fault;
      resolve({ code, err });
    });
  });
}

const slow = suite('distill, 500 pairs');

slow(
  'killed five times at random, then finished: the folder of the unbroken run, byte for byte',
  async () => {
    const whole = await distill('whole');
    assert.is(whole.code, 0, whole.err);
    assert.is(server.seen.length, PAIRS);
    assert.is((await findPairs(at('whole'))).pairs.length, PAIRS);
    server.seen.length = 0;
    const random = new Random(7);
    for (let i = 0; i < KILLS; i++) {
      // Within a request or up to 30 ms after: while a target is being written, or the next input.
      let left = 1 + random.integer(Math.floor(PAIRS / (KILLS + 1)));
      const { code, err } = await distill('broken', (child) => {
        if (--left === 0) setTimeout(() => kill(child), 30 * random.next());
      });
      assert.is(code, null, `kill ${i + 1} came too late: ${err}`);
    }
    const before = server.seen.length;
    const last = await distill('broken');
    assert.is(last.code, 0, last.err);
    assert.ok(before > 0 && server.seen.length <= PAIRS + 4 * KILLS, `${server.seen.length} requests`);
    console.log(`killed ${KILLS} times, ${server.seen.length} requests for ${PAIRS} pairs`);
    assert.is(await folderHash(at('broken')), await folderHash(at('whole')));
  },
);

slow('a server that fails 20 % of the requests, in eight ways, loses none', async () => {
  server.seen.length = 0;
  const random = new Random(8);
  let failed = 0;
  server.fault = (answer) => {
    if (random.next() >= 0.2) return false;
    const way = failed++ % 8;
    if (way === 0) return sendJson(answer, { detail: 'out of memory' }, 500);
    if (way === 1) answer.writeHead(429, { 'retry-after': '0' }).end();
    else if (way === 2) answer.writeHead(200).end('<html>busy</html>');
    else if (way === 3) answer.destroy();
    else if (way === 4) {
      answer.writeHead(200, { 'content-length': '9999' }).write('{"images": ["');
      setTimeout(() => answer.destroy(), 5);
    } else if (way === 5) return sendJson(answer, { images: ['iVBORw0KGgo'] });
    else if (way === 6) answer.writeHead(200).end('{"images": [NaN]}');
    else answer.writeHead(502).end();
    return true;
  };
  const { code, err } = await distill('flaky');
  assert.is(code, 0, err);
  console.log(`${failed} of ${server.seen.length} requests failed`);
  assert.ok(failed > 0.1 * PAIRS);
  assert.is(server.seen.length, PAIRS + failed);
  assert.is(await folderHash(at('flaky')), await folderHash(at('whole')));
});

slow.after(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});
slow.run();
