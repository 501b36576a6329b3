import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPairs } from '../../src/cli/data/data_set.ts';
import { readPair } from '../../src/cli/data/pair.ts';
import { Server } from '../../src/cli/distill/server.ts';
import { serverAddress } from '../../src/cli/distill/server_address.ts';
import { TeacherError } from '../../src/cli/distill/teacher.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import {
  edited,
  type Fault,
  gradient,
  sendJson,
  startFakeServer,
  WORKFLOW,
  writeConcepts,
  writeSources,
} from './distill_server.ts';
import { folderHash, type Outcome, run } from './run_program.ts';

const folder = await mkdtemp(join(tmpdir(), 'e2gan-distill-'));
const at = (...names: string[]): string => join(folder, ...names);
const server = await startFakeServer();
const elsewhere = await startFakeServer();
await writeSources(at('photos'), 3);
await writeConcepts(at('concepts.json'), ['ink', 'snow']);
await writeFile(at('workflow.json'), JSON.stringify(WORKFLOW));

const PAIRS = 6;
let outs = 0;
const given = ['--sources', at('photos'), '--concepts', at('concepts.json'), '--size', '16'];
const rest = ['--teacher-size', '16', '--retry-delay', '0.01', '--timeout', '0.5'];
const distill = (out: string, teacher: readonly string[], retries = 3): Promise<Outcome> =>
  run('distill', out, ...given, ...rest, '--retries', String(retries), ...teacher);
const webui = ['--webui', server.url];
const png = encodePng(gradient(16, 16, 3)).toString('base64');

assert.is((await distill(at('whole'), webui)).code, 0);
const whole = await folderHash(at('whole'));

/** Every pair that the folder names is one that a sound server gives. */
async function assertSound(out: string, teacher: string): Promise<void> {
  const { pairs, skips } = await findPairs(out).catch(() => ({ pairs: [], skips: undefined }));
  for (const pair of pairs) {
    const { input, target } = await readPair(pair);
    assert.equal(target, edited(input, pair.prompt!), teacher);
  }
  assert.not.ok(skips?.of('listed but missing').length);
}

const html = (answer: ServerResponse) =>
  answer.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><html>busy</html>');
const text = (answer: ServerResponse, body: string, headers = {}, status = 200) =>
  answer.writeHead(status, headers).end(body);

/** What a server may do that is worth another try. */
const PASSING: Readonly<Record<string, (answer: ServerResponse) => unknown>> = {
  'status 500': (a) => text(a, 'Traceback\n\x1b[31mred', {}, 500),
  'status 503 with an HTML page': (a) => text(a, '<html><h1>Sorry</h1></html>', {}, 503),
  'status 429 with seconds': (a) => text(a, '', { 'retry-after': '0' }, 429),
  'status 429 with a date': (a) => text(a, '', { 'retry-after': new Date().toUTCString() }, 429),
  'status 429 with nonsense': (a) => text(a, '', { 'retry-after': 'soon' }, 429),
  'an HTML page': html,
  'no JSON': (a) => text(a, 'hello'),
  'JSON with NaN': (a) => text(a, `{"images": ["${png}"], "loss": NaN}`),
  'another shape': (a) => sendJson(a, { images: 5 }),
  'deep JSON': (a) => text(a, '['.repeat(100_000)),
  'no pictures': (a) => sendJson(a, { images: [] }),
  'an empty picture': (a) => sendJson(a, { images: [''] }),
  'broken base64': (a) => sendJson(a, { images: [`${png.slice(0, 50)}!!${png.slice(52)}`] }),
  'half a picture': (a) => sendJson(a, { images: [png.slice(0, 4 * Math.floor(png.length / 8))] }),
  'a truncated body': (a) => {
    a.writeHead(200, { 'content-length': '100000' }).write('{"images": ["');
    setTimeout(() => a.destroy(), 20);
  },
  'a torn chunked body': (a) => {
    a.writeHead(200).write('{"images": ["');
    setTimeout(() => a.destroy(), 20);
  },
  'a closed connection': (a) => a.destroy(),
  'no HTTP': (a) => a.socket?.end('SSH-2.0-OpenSSH\r\n'),
  'no answer': () => {},
  'a body without end': (a) => a.writeHead(200).write('{'),
};

/** What another try would not change; the pair is left out, and made by the next run. */
const FAILING: Readonly<Record<string, readonly [(answer: ServerResponse) => unknown, RegExp]>> = {
  'status 400': [
    (a) => sendJson(a, { detail: 'bad\x1b[2J prompt\nline' }, 400),
    /status 400: bad\\x1b\[2J prompt line/,
  ],
  'status 422 with a long text': [(a) => text(a, 'x'.repeat(1e6), {}, 422), /status 422: x{240}\.\.\.;/],
  '10 GB': [
    (a) => a.writeHead(200, { 'content-length': '10000000000' }).write('{'),
    /its answer of 9\.3 GiB is over the limit of 256\.0 MiB/,
  ],
  'a gzip bomb': [
    (a) => a.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1e7))),
    /compressed \(gzip\) though not asked for/,
  ],
  'a wrong size': [
    (a) => sendJson(a, { images: [encodePng(gradient(8, 16, 1)).toString('base64')] }),
    /its picture is 8x16/,
  ],
};

/** What ends the job at once. */
const ENDING: Readonly<Record<string, readonly [(answer: ServerResponse) => unknown, RegExp]>> = {
  'a redirect to another host': [
    (a) => text(a, '', { location: `${elsewhere.url}/x?key=1` }, 307),
    /redirects to http:\/\/127\.0\.0\.1:\d+\/x, which is not followed/,
  ],
  'a redirect to a file': [
    (a) => text(a, '', { location: 'file:///etc/passwd' }, 302),
    /to file:\/\/\/etc\/passwd/,
  ],
  'a redirect to nowhere': [(a) => text(a, '', {}, 301), /redirects to nowhere/],
  'status 401': [(a) => text(a, '', {}, 401), /status 401 .*--key-env/],
  'status 404': [(a) => text(a, '{"detail":"Not Found"}', {}, 404), /status 404: Not Found .*API/],
  'a long wait': [(a) => text(a, '', { 'retry-after': '7200' }, 429), /asks to wait for 2h 00m/],
};

const faults = suite('a faulty server');
faults.before.each(() => {
  server.seen.length = 0;
  server.fault = undefined;
});
const fresh = () => at(`out-${outs++}`);
const always =
  (fault: (answer: ServerResponse) => unknown): Fault =>
  (answer) => {
    fault(answer);
    return true;
  };

for (const [name, fault] of Object.entries(PASSING)) {
  faults(`${name}: tried again, nothing lost; and if it lasts, one line and a resume`, async () => {
    const out = fresh();
    server.fault = (answer) => server.seen.length % 3 === 0 && always(fault)(answer, server.seen[0]!);
    const passed = await distill(out, webui, 10);
    assert.is(passed.code, 0, passed.err);
    assert.ok(server.seen.length > PAIRS);
    assert.is(await folderHash(out), whole);
    const lasting = fresh();
    server.fault = always(fault);
    const failed = await distill(lasting, [...webui, '--parallel', '6'], 1);
    assert.is(failed.code, 1);
    assert.match(failed.err, /\ne2gan: .*: 6 of 6 pairs failed, the first \([^\n]*after 2 tries: [^\n]+\n$/);
    assert.not.ok(failed.err.includes('\x1b'));
    await assertSound(lasting, name);
    server.fault = undefined;
    assert.is((await distill(lasting, webui)).code, 0);
    assert.is(await folderHash(lasting), whole);
  });
}

for (const [name, [fault, message]] of Object.entries(FAILING)) {
  faults(`${name}: the others are kept, the rest is made by the next run`, async () => {
    const out = fresh();
    server.fault = (answer) => server.seen.length % 3 === 0 && always(fault)(answer, server.seen[0]!);
    const { code, err } = await distill(out, webui);
    assert.is(code, 1);
    assert.match(err, message);
    assert.match(err, /2 of 6 pairs failed/);
    assert.is((await readFile(join(out, 'failures.jsonl'), 'utf8')).trim().split('\n').length, 2);
    assert.is(server.seen.length, PAIRS, 'none was tried twice');
    await assertSound(out, name);
    server.fault = undefined;
    assert.is((await distill(out, webui)).code, 0);
    assert.is(await folderHash(out), whole);
  });
}

for (const [name, [fault, message]] of Object.entries(ENDING)) {
  faults(`${name}: the job ends, and can be resumed`, async () => {
    const out = fresh();
    server.fault = (answer) => server.seen.length >= 3 && always(fault)(answer, server.seen[0]!);
    const { code, err } = await distill(out, [...webui, '--parallel', '1']);
    assert.is(code, 1);
    assert.match(err, message);
    assert.match(err, /\ne2gan: [^\n]*: ended early: [^\n]*\n$/);
    assert.equal([server.seen.length, elsewhere.seen.length], [3, 0]);
    await assertSound(out, name);
    server.fault = undefined;
    assert.is((await distill(out, webui)).code, 0);
    assert.is(await folderHash(out), whole);
  });
}

faults('Retry-After holds all workers', async () => {
  const times: number[] = [];
  server.fault = (answer) => {
    times.push(performance.now());
    return times.length === 1
      ? always((a) => text(a, '', { 'retry-after': '1' }, 503))(answer, server.seen[0]!)
      : false;
  };
  assert.is((await distill(fresh(), [...webui, '--parallel', '1'])).code, 0);
  assert.ok(times[1]! - times[0]! >= 990, `waited ${times[1]! - times[0]!} ms`);
});

faults('a server that only fails is given up after 20 failures in a row', async () => {
  await writeSources(at('many'), 30);
  server.fault = always((a) => text(a, '', {}, 500));
  const out = fresh();
  const { code, err } = await distill(out, [...webui, '--sources', at('many'), '--parallel', '1'], 0);
  assert.is(code, 1);
  assert.match(err, /ended early: 20 failures in a row, the last: .*status 500/);
  assert.is(server.seen.length, 20);
});

faults('nobody listens: one line', async () => {
  const gone = await startFakeServer();
  await gone.close();
  const { err } = await distill(fresh(), ['--webui', gone.url], 1);
  assert.match(err, /6 of 6 pairs failed.* after 2 tries: .*: nothing listens there/);
});

faults('a body larger than agreed is not read to its end', async () => {
  const client = new Server({
    address: serverAddress(server.url, '--webui', undefined),
    timeoutMs: 5000,
    maxBytes: 1e5,
  });
  let sent = 0;
  server.fault = (answer) => {
    const more = () => {
      while (!answer.destroyed && answer.write(Buffer.alloc(65_536))) sent++;
    };
    answer.writeHead(200).on('drain', more);
    more();
    return true;
  };
  const error = await client.get('x').catch((thrown) => thrown);
  assert.instance(error, TeacherError);
  assert.match(error.message, /over the limit of 97\.7 KiB/);
  assert.ok(sent < 500);
  client.close();
});

faults('images edits: a picture by address, on this server and on another', async () => {
  const link =
    (url: string): Fault =>
    (answer, seen) => {
      if (seen.url === '/files/1.png')
        return always((a) => a.writeHead(200).end(Buffer.from(png, 'base64')))(answer, seen);
      return sendJson(answer, { data: [{ url }] });
    };
  for (const url of [`${server.url}/files/1.png`, '/files/1.png']) {
    server.fault = link(url);
    assert.is((await distill(fresh(), ['--openai', server.url])).code, 0);
  }
  for (const url of [`${elsewhere.url}/files/1.png`, 'file:///etc/passwd', 'http://169.254.169.254/x']) {
    server.fault = link(url);
    const { code, err } = await distill(fresh(), ['--openai', server.url]);
    assert.is(code, 1);
    assert.match(err, /its picture lies elsewhere \((http|file):\/\/[^)]*\), which is refused/);
  }
  assert.is(elsewhere.seen.length, 0);
});

faults('ComfyUI: a failing workflow, one that saves twice, one that never ends, a lost picture', async () => {
  const comfyui = ['--comfyui', server.url, '--workflow', at('workflow.json')];
  const file = { filename: 'a.png', subfolder: '', type: 'output' };
  const messages = [
    ['execution_error', { node_type: 'KSampler', exception_message: 'out of\nmemory\x1b[0m' }],
  ];
  const cases: [(id: string) => unknown, RegExp][] = [
    [
      (id) => ({ [id]: { outputs: {}, status: { status_str: 'error', messages } } }),
      /failed in KSampler: out of memory\\x1b/,
    ],
    [
      (id) => ({ [id]: { outputs: { 1: { images: [file, file] } } } }),
      /ended early: the workflow saves 2 pictures/,
    ],
    [(id) => ({ [id]: { outputs: {} } }), /the workflow saved no picture/],
    [() => ({}), /the workflow did not end in time/],
    [(id) => ({ [id]: { outputs: { 1: { images: [file] } } } }), /\/view: status 404/],
  ];
  for (const [history, message] of cases) {
    server.fault = (answer, { url }) =>
      url.startsWith('/history/') && sendJson(answer, history(decodeURIComponent(url.slice(9))));
    const { code, err } = await distill(fresh(), [...comfyui, '--limit', '1'], 1);
    assert.is(code, 1);
    assert.match(err, message);
  }
});

faults.after(async () => {
  await Promise.all([server.close(), elsewhere.close()]);
  await rm(folder, { recursive: true, force: true });
});
faults.run();
