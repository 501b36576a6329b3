import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readPicture } from '../../src/cli/images/decode.ts';
import {
  edited,
  type FakeServer,
  startFakeServer,
  writeConcepts,
  writeSources,
} from '../cli/distill_server.ts';
import { type Outcome, run } from '../cli/run_program.ts';
import { type Figures, runPart } from './figures.ts';
import { inScratch } from './scratch.ts';
import { PASSWORD, QUOTING, streamed, TEACHER_FAULTS, type TeacherFault, USER } from './teacher_faults.ts';

// `e2gan distill` with a diffusion server that fails: no pair that is not whole, and a resume to the pairs of an unbroken job.

const PAIRS = 6;
const EDGE = 16;

/** A job that is broken in one way. */
interface Broken {
  readonly name: string;
  /** The server's address in the first run; the sound server's follows. */
  readonly url: string;
  readonly said: RegExp;
  readonly more?: readonly string[];
  readonly lost?: number;
  /** Before the first run, and between the runs. */
  readonly prepare?: () => void;
  readonly repair?: () => Promise<void> | void;
  /** Texts that must be nowhere. */
  readonly secrets?: readonly string[];
}

class Jobs {
  readonly #folder: string;
  readonly server: FakeServer;
  #whole = '';
  #count = 0;

  constructor(folder: string, server: FakeServer) {
    this.#folder = folder;
    this.server = server;
  }

  /** An unbroken job, to compare with. */
  async start(): Promise<void> {
    await writeSources(join(this.#folder, 'photos'), 3);
    await writeConcepts(join(this.#folder, 'concepts.json'), ['ink', 'snow']);
    const out = join(this.#folder, 'whole');
    const { code, err } = await this.#distill(out, this.server.url);
    if (code !== 0) throw new Error(`the unbroken job failed: ${err}`);
    this.#whole = await hashOf(out);
  }

  #distill(out: string, url: string, more: readonly string[] = []): Promise<Outcome> {
    const at = (name: string) => join(this.#folder, name);
    const inputs = ['--sources', at('photos'), '--concepts', at('concepts.json'), '--size', String(EDGE)];
    const rest = ['--teacher-size', String(EDGE), '--retry-delay', '0.01', '--webui', url];
    return run('distill', out, ...inputs, ...rest, ...more);
  }

  /** What is wrong with a job that was broken and run again; null where nothing is. */
  async fails(broken: Broken): Promise<string | null> {
    const out = join(this.#folder, `out-${this.#count++}`);
    broken.prepare?.();
    const patience = ['--retries', '1', '--timeout', '60'];
    const first = await this.#distill(out, broken.url, [...patience, ...(broken.more ?? [])]);
    await broken.repair?.();
    const wrong = wrongIn(first, broken) ?? (await wrongWithPairs(out, broken.lost ?? PAIRS)) ?? null;
    if (wrong !== null) return wrong;
    const second = await this.#distill(out, this.server.url);
    const places = [first.out, first.err, second.out, second.err, await textOf(out)];
    const told = (broken.secrets ?? []).filter((secret) => places.some((place) => place.includes(secret)));
    if (told.length > 0) return `tells ${told.join(' and ')}: ${first.err}`;
    if (second.code !== 0) return `the second run: ${second.err}`;
    return (await hashOf(out)) === this.#whole ? null : 'resumed to other pairs';
  }
}

/** What is wrong with how the first run ended. */
function wrongIn({ code, err }: Outcome, { said, lost = PAIRS }: Broken): string | null {
  const last = err.trimEnd().split('\n').at(-1)!;
  if (code !== (lost === 0 ? 0 : 1)) return `exit code ${code}: ${last}`;
  if (err.includes('\x1b')) return 'drives the terminal';
  if (lost === 0) return null;
  return last.startsWith('e2gan: ') && said.test(last) ? null : `says ${last}`;
}

/** Rows of `metadata.jsonl`. */
async function rowsOf(out: string): Promise<{ input: string; output: string; prompt: string }[]> {
  const text = await readFile(join(out, 'metadata.jsonl'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((row) => ({ input: row.input_file_name, output: row.output_file_name, prompt: row.edit_prompt }));
}

/** What is wrong with the folder of a broken job: rows without whole pictures, pictures without rows, leftovers. */
async function wrongWithPairs(out: string, lost: number): Promise<string | undefined> {
  const names = await readdir(out, { recursive: true });
  const left = names.filter((name) => /\.tmp$|(^|\/)\.|lock/.test(name));
  if (left.length > 0) return `leaves ${left.join(', ')}`;
  const rows = await rowsOf(out);
  if (rows.length < PAIRS - lost) return `${rows.length} pairs are left of ${PAIRS - lost} or more`;
  const told = new Set(rows.flatMap((row) => [row.input, row.output]));
  const untold = names.filter((name) => /^(ink|snow)\/.*\.png$/.test(name) && !told.has(name));
  if (untold.length > 0) return `${untold.join(', ')} is in no row`;
  for (const { input, output, prompt } of rows) {
    const [from, to] = await Promise.all([readPicture(join(out, input)), readPicture(join(out, output))]);
    if (to.width !== EDGE || to.height !== EDGE) return `${output} is ${to.width}x${to.height}`;
    if (!Buffer.from(edited(from, prompt).rgb).equals(to.rgb))
      return `${output} is not what was drawn for it`;
  }
  return undefined;
}

async function filesOf(out: string): Promise<[name: string, bytes: Buffer][]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
  return Promise.all(
    paths.sort().map(async (path) => [path.slice(out.length), await readFile(path)] as const),
  ) as Promise<[string, Buffer][]>;
}

/** Of names and bytes, without `config.json`, which holds the server's address. */
async function hashOf(out: string): Promise<string> {
  const hash = createHash('sha256');
  for (const [name, bytes] of await filesOf(out))
    if (name !== '/config.json') hash.update(`${name} ${bytes.length} `).update(bytes);
  return hash.digest('hex');
}

const textOf = async (out: string): Promise<string> =>
  (await filesOf(out)).map(([name, bytes]) => `${name}\n${bytes.toString('latin1')}`).join('\n');

/** A server that answers wrongly where `when` says so. */
function answering(server: FakeServer, fault: TeacherFault, url = server.url): Broken {
  const { wrong, when = (request) => request > 2, ...rest } = fault;
  return {
    ...rest,
    url,
    prepare() {
      server.seen.length = 0;
      server.fault = async (answer, seen) => {
        if (!when(server.seen.length)) return false;
        await wrong(answer, seen);
        return true;
      };
    },
    repair() {
      server.fault = undefined;
    },
  };
}

/** Servers that are not there, or not what they should be. */
async function absent(folder: string, figures: Figures): Promise<Broken[]> {
  const leaving = await startFakeServer();
  const plain = await startFakeServer();
  const untrusted = startUntrusted(folder);
  if (!untrusted) figures.skip('a certificate that nobody signed', 'openssl is absent, which makes it');
  return [
    {
      name: 'a server that goes away',
      url: leaving.url,
      said: /nothing listens there|closed in mid-answer/,
      more: ['--parallel', '1'],
      prepare() {
        leaving.fault = () => {
          if (leaving.seen.length > 2) void leaving.close();
          return false;
        };
      },
    },
    {
      name: 'a host that does not exist',
      url: 'http://no-such-host.invalid:7860',
      said: /there is no such host|cannot be resolved now|no answer in/,
      more: ['--retries', '0'],
    },
    {
      name: 'no TLS where it is asked for',
      url: plain.url.replace('http:', 'https:'),
      said: /ended early: .*no secure connection/,
      repair: () => plain.close(),
    },
    ...(untrusted
      ? [
          {
            name: 'a certificate that nobody signed',
            url: `https://127.0.0.1:${await untrusted.listen()}`,
            said: /ended early: .*no secure connection: self-signed certificate/,
            repair: () => untrusted.close(),
          },
        ]
      : []),
  ];
}

/** A TLS server with a certificate of its own making; undefined without openssl. */
function startUntrusted(folder: string): { listen(): Promise<number>; close(): void } | undefined {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat([
      '-subj',
      '/CN=127.0.0.1',
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      key,
      '-out',
      cert,
    ]),
  );
  if (made.status !== 0) return undefined;
  let server: Server | undefined;
  return {
    async listen() {
      const pem = await Promise.all([readFile(key), readFile(cert)]);
      const own = createServer({ key: pem[0], cert: pem[1] }, (_, answer) => answer.end('{}'));
      server = own;
      await new Promise<void>((done) => own.listen(0, '127.0.0.1', done));
      return (own.address() as AddressInfo).port;
    },
    close() {
      server?.closeAllConnections();
      server?.close();
    },
  };
}

/** The server's address with credentials in it, which are told to nobody but the server. */
function withCredentials(server: FakeServer, fault: TeacherFault): Broken {
  const url = server.url.replace('http://', `http://${USER}:${PASSWORD}@`);
  const encoded = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');
  return { ...answering(server, fault, url), secrets: [PASSWORD, encoded, encoded.replaceAll('=', '')] };
}

await runPart((figures) =>
  inScratch(async (folder) => {
    const server = await startFakeServer();
    const jobs = new Jobs(folder, server);
    await jobs.start();
    const all = [
      ...TEACHER_FAULTS.map((fault) => answering(server, fault)),
      ...QUOTING.map((fault) => withCredentials(server, fault)),
      ...(await absent(folder, figures)),
    ];
    let sound = 0;
    for (const broken of all) {
      const wrong = await jobs.fails(broken);
      if (wrong === null) sound++;
      else figures.detail(`${broken.name}: ${wrong}`);
    }
    await server.close();
    figures.count(
      'faulty diffusion servers',
      sound,
      all.length,
      'left whole pairs, and a job that resumed to all',
    );
    figures.atMost('sent of a body of 10 GB', streamed.bytes / 2 ** 20, 300, 'MiB');
  }),
);
