import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { z } from 'zod';
import { escapeControl, messageOf } from '../errors.ts';
import { formatBytes } from '../files.ts';
import { packageVersion } from '../version.ts';
import { retryAfterMs } from './retry.ts';
import type { ServerAddress } from './server_address.ts';
import { networkError } from './server_errors.ts';
import { TeacherError, type Verdict } from './teacher.ts';

/** Largest answer that is read; a picture of 64 megapixels in base64 stays below. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_COMPLAINT_BYTES = 8 * 1024;
const LONGEST_COMPLAINT = 240;

/** What a request sends: bytes with their media type. */
export interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** How to talk to a server. */
export interface ServerOptions {
  readonly address: ServerAddress;
  /** Milliseconds that one request may take, the answer's body included. */
  readonly timeoutMs: number;
  readonly maxBytes?: number;
}

/** One call; `missing` says what a 404 means. */
interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly body?: Body;
  readonly missing: Verdict;
}

/**
 * A client of one server: no redirects, no compressed answers, no answer larger than agreed, no credentials in messages.
 * Every failure is a TeacherError: busy or broken servers are worth another try, refused requests are not.
 */
export class Server {
  readonly address: ServerAddress;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #agent: http.Agent;

  constructor({ address, timeoutMs, maxBytes = MAX_ANSWER_BYTES }: ServerOptions) {
    this.address = address;
    this.#timeoutMs = timeoutMs;
    this.#maxBytes = maxBytes;
    const isTls = address.url.protocol === 'https:';
    this.#agent = isTls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  }

  /** @throws TeacherError */
  get(path: string, missing: Verdict = 'end'): Promise<Buffer> {
    return this.#exchange({ method: 'GET', url: this.#resolve(path), missing });
  }

  /** @throws TeacherError */
  post(path: string, body: Body): Promise<Buffer> {
    return this.#exchange({ method: 'POST', url: this.#resolve(path), body, missing: 'end' });
  }

  /** Fetches an address that the server itself gave. @throws TeacherError where it leads to another server */
  getLink(link: string): Promise<Buffer> {
    const url = URL.canParse(link, this.address.url) ? new URL(link, this.address.url) : undefined;
    if (url?.origin === this.address.url.origin && url.username === '' && url.password === '')
      return this.#exchange({ method: 'GET', url, missing: 'retry' });
    const where = url ? `${url.protocol}//${url.host}` : 'no address';
    throw new TeacherError('skip', `its picture lies elsewhere (${escapeControl(where)}), which is refused`);
  }

  close(): void {
    this.#agent.destroy();
  }

  #resolve(path: string): URL {
    return new URL(this.address.url.href + path);
  }

  async #exchange(call: Call): Promise<Buffer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const answer = await this.#send(call, signal);
      return await this.#receive(answer, call);
    } catch (error) {
      if (error instanceof TeacherError) throw error;
      if (signal.aborted)
        throw new TeacherError('retry', `${this.address.shown}: no answer in ${this.#timeoutMs / 1000} s`);
      throw networkError(this.address.shown, error);
    }
  }

  #send({ method, url, body }: Call, signal: AbortSignal): Promise<IncomingMessage> {
    const headers = {
      accept: '*/*',
      'accept-encoding': 'identity',
      'user-agent': `e2gan/${packageVersion}`,
      ...(this.address.authorization && { authorization: this.address.authorization }),
      ...(body && { 'content-type': body.type, 'content-length': body.bytes.length }),
    };
    const { request } = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, signal, agent: this.#agent }, resolve);
      sent.on('error', reject);
      sent.end(body?.bytes);
    });
  }

  async #receive(answer: IncomingMessage, { url, missing }: Call): Promise<Buffer> {
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw await this.#complaint(answer, status, url, missing);
    const coding = answer.headers['content-encoding'] ?? 'identity';
    if (coding !== 'identity') {
      const shown = shorten(escapeControl(this.#redact(coding)));
      throw refuse(answer, 'skip', `its answer is compressed (${shown}) though not asked for`);
    }
    return readAll(answer, this.#maxBytes);
  }

  async #complaint(
    answer: IncomingMessage,
    status: number,
    url: URL,
    missing: Verdict,
  ): Promise<TeacherError> {
    const where = `${this.address.shown}: ${url.pathname.slice(this.address.url.pathname.length - 1)}`;
    if (status >= 300 && status < 400) {
      const to = shorten(escapeControl(this.#redact(redirectTarget(answer.headers.location, url))));
      return refuse(
        answer,
        'end',
        `${where}: redirects to ${to}, which is not followed; give the address itself`,
      );
    }
    const said = shorten(this.#redact(oneLine(await readSome(answer, MAX_COMPLAINT_BYTES))));
    const wait = retryAfterMs(answer.headers['retry-after'], Date.now());
    const message = `${where}: status ${status}${said && `: ${said}`}${remedy(status)}`;
    return new TeacherError(verdictOf(status, missing), message, wait);
  }

  /** Servers like to quote what they were sent. Before anything is cut off: half a secret is not found. */
  #redact(text: string): string {
    return this.address.secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  }
}

function verdictOf(status: number, missing: Verdict): Verdict {
  if (status === 404) return missing;
  if ([401, 403, 405, 407].includes(status)) return 'end';
  return status >= 500 || [408, 425, 429].includes(status) ? 'retry' : 'skip';
}

function remedy(status: number): string {
  if (status === 401 || status === 403) return ' (name the variable that holds the key with --key-env)';
  return status === 404 ? ' (is this the right server, and is its API switched on?)' : '';
}

/** Where a redirect leads, without the parts that may hold secrets. */
function redirectTarget(location: string | undefined, from: URL): string {
  if (location === undefined || !URL.canParse(location, from)) return 'nowhere';
  const { protocol, host, pathname } = new URL(location, from);
  return `${protocol}//${host}${pathname}`;
}

function refuse(answer: IncomingMessage, verdict: Verdict, message: string): TeacherError {
  answer.destroy();
  return new TeacherError(verdict, message);
}

async function readAll(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const limit = `the limit of ${formatBytes(maxBytes)}`;
  const declared = Number(answer.headers['content-length'] ?? 0);
  if (declared > maxBytes)
    throw refuse(answer, 'skip', `its answer of ${formatBytes(declared)} is over ${limit}`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw refuse(answer, 'skip', `its answer is over ${limit}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The beginning of an answer, as far as it comes. */
async function readSome(answer: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxBytes) break;
    }
  } catch {
    // The status alone says enough.
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

/** What a server says of an error, as one line that cannot drive a terminal. */
function oneLine(body: string): string {
  const text = (messageIn(body) ?? body).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  return escapeControl(text.trim());
}

const shorten = (text: string): string =>
  text.length > LONGEST_COMPLAINT ? `${text.slice(0, LONGEST_COMPLAINT)}...` : text;

/** The message in the usual JSON shapes: `{error: {message}}`, `{error, detail}`, `{detail}`, `{message}`. */
function messageIn(body: string): string | undefined {
  try {
    const { error, detail, message } = JSON.parse(body) as Record<string, unknown>;
    const inner = (error as { message?: unknown } | null | undefined)?.message;
    return [inner, error, detail, message].find((text) => typeof text === 'string' && text !== '') as
      | string
      | undefined;
  } catch {
    return undefined;
  }
}

/** An answer as JSON of a known shape. @throws TeacherError worth another try: proxies answer with pages of their own */
export function parseAnswer<T>(bytes: Buffer, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    const kind = /^\s*</.test(bytes.toString('latin1', 0, 64)) ? 'an HTML page' : 'no JSON';
    throw new TeacherError('retry', `its answer is ${kind}`, undefined, { cause: error });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = escapeControl(issue?.path.join('.') ?? '');
  throw new TeacherError('retry', `its answer has another shape (${place}: ${messageOf(issue?.message)})`);
}

/** Bytes of base64 text, which may be a data URL. @throws TeacherError where it is none */
export function fromBase64(text: string): Buffer {
  const digits = text.replace(/^data:[^,]{0,100},/, '').replace(/\s+/g, '');
  const bytes = Buffer.from(digits, 'base64');
  // Node skips what is no digit; then fewer bytes come out than the length promises.
  const whole = digits.replace(/=+$/, '').length;
  if (bytes.length > 0 && bytes.length === Math.floor((whole * 3) / 4)) return bytes;
  throw new TeacherError('retry', whole === 0 ? 'its picture is empty' : 'its picture is broken base64');
}

/** A form as `multipart/form-data`. */
export async function formBody(form: FormData): Promise<Body> {
  const encoded = new Response(form);
  const type = encoded.headers.get('content-type')!;
  return { type, bytes: new Uint8Array(await encoded.arrayBuffer()) };
}

/** A value as JSON. */
export function jsonBody(value: unknown): Body {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
}
