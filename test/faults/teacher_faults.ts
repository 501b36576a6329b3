import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { decodePicture } from '../../src/cli/images/decode.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import type { Picture } from '../../src/model/picture.ts';
import { edited, gradient, type Seen, sendJson } from '../cli/distill_server.ts';
import { chunk, ihdr, png as pngOf } from '../cli/png_builder.ts';

// Ways in which a diffusion server fails, in place of the answer to one request.

/** Answers wrongly. */
export type Wrong = (answer: ServerResponse, seen: Seen) => unknown;

/** A way to fail: its name, the answer, what the user reads, and options that differ. */
export interface TeacherFault {
  readonly name: string;
  readonly wrong: Wrong;
  readonly said: RegExp;
  readonly more?: readonly string[];
  /** Which requests it befalls, counted from 1; without it all but the first two. */
  readonly when?: (request: number) => boolean;
  /** Pairs that it leaves unmade at the most; 0 where it does no harm. */
  readonly lost?: number;
}

const EDGE = 16;
const uniform = (value: number): Picture => ({
  width: EDGE,
  height: EDGE,
  rgb: new Uint8Array(3 * EDGE * EDGE).fill(value),
});
const base64 = (picture: Picture): string => encodePng(picture).toString('base64');
const SOUND = base64(gradient(EDGE, EDGE, 3));
/** A header that promises 20,000 by 20,000 pixels. */
const BOMB = pngOf(chunk('IHDR', ihdr(20_000, 20_000, 1, 0)), chunk('IDAT', Buffer.alloc(64))).toString(
  'base64',
);

const GZIP_BOMB = gzipSync(Buffer.alloc(1e7));

const text = (answer: ServerResponse, body: string | Buffer, headers = {}, status = 200): unknown =>
  answer.writeHead(status, headers).end(body);
const pictures =
  (...images: readonly string[]): Wrong =>
  (answer) =>
    sendJson(answer, { images });

/** Sends the beginning of a sound answer, and then does something else. */
function halfway(answer: ServerResponse, headers: Record<string, string>, then: () => void): void {
  answer.writeHead(200, headers).write(`{"images": ["${SOUND.slice(0, 40)}`);
  setTimeout(then, 20);
}

/** One byte every 50 ms. */
function trickle(answer: ServerResponse): void {
  answer.writeHead(200);
  const body = JSON.stringify({ images: [SOUND] });
  let at = 0;
  const timer = setInterval(() => answer.write(body[at++ % body.length]!), 50);
  answer.on('close', () => clearInterval(timer));
}

/** Bytes that were sent of bodies without end. */
export const streamed = { bytes: 0 };

/** As many bytes as the client takes, 10 GB at the most. */
function flood(answer: ServerResponse): void {
  const part = Buffer.alloc(2 ** 20, '{"images": ["');
  const more = () => {
    while (!answer.destroyed && streamed.bytes < 1e10) {
      streamed.bytes += part.length;
      if (!answer.write(part)) return;
    }
  };
  answer.writeHead(200).on('drain', more);
  more();
}

/** Sends credentials back in an error, after so many characters. */
const quoting =
  (after: number): Wrong =>
  (answer, { headers }) => {
    const sent = headers.authorization ?? 'none';
    const known = Buffer.from(sent.replace('Basic ', ''), 'base64').toString();
    return sendJson(answer, { detail: `${'.'.repeat(after)} you sent ${sent}, which is ${known}` }, 500);
  };

function redirectWith({ headers }: Seen): string {
  return `http://127.0.0.1:9/${encodeURIComponent(headers.authorization ?? '')}/x`;
}

/** User and password of the server's address where it has some. */
export const USER = 'painter';
export const PASSWORD = 'hunter2-c0ffee';

const SHORT = ['--timeout', '0.5'];
const NETWORK: readonly TeacherFault[] = [
  { name: 'no answer', wrong: () => {}, said: /no answer in 0\.5 s/, more: SHORT },
  { name: 'one byte at a time', wrong: trickle, said: /no answer in 0\.5 s/, more: SHORT },
  { name: 'a closed connection', wrong: (a) => a.destroy(), said: /closed in mid-answer/ },
  {
    name: 'a connection reset in mid-body',
    wrong: (a) => halfway(a, {}, () => a.socket?.resetAndDestroy()),
    said: /closed in mid-answer|aborted/,
  },
  {
    name: 'a body shorter than announced',
    wrong: (a) => halfway(a, { 'content-length': '100000' }, () => a.destroy()),
    said: /closed in mid-answer|aborted/,
  },
  {
    name: 'a body of 10 GB',
    wrong: flood,
    said: /its answer is over the limit of 256\.0 MiB/,
    when: (request) => request === 3,
    lost: 1,
  },
  {
    name: '10 GB announced',
    wrong: (a) => text(a, '{', { 'content-length': '10000000000' }),
    said: /9\.3 GiB is over/,
  },
  {
    name: 'a gzip bomb',
    wrong: (a) => text(a, GZIP_BOMB, { 'content-encoding': 'gzip' }),
    said: /compressed \(gzip\) though not asked for/,
  },
  {
    name: 'no HTTP',
    wrong: (a) => a.socket?.end('SSH-2.0-OpenSSH\r\n'),
    said: /does not speak HTTP properly/,
  },
];

const STATUSES: readonly TeacherFault[] = [
  {
    name: 'status 500',
    wrong: (a) => text(a, 'Traceback\n\x1b[31mred', {}, 500),
    said: /status 500: Traceback \\x1b/,
  },
  {
    name: 'status 429 with Retry-After',
    wrong: (a) => text(a, '', { 'retry-after': '0' }, 429),
    said: /status 429/,
  },
  {
    name: 'status 429 that asks for two hours',
    wrong: (a) => text(a, '', { 'retry-after': '7200' }, 429),
    said: /ended early: .*asks to wait for 2h 00m/,
  },
  {
    name: 'a redirect to a file',
    wrong: (a) => text(a, '', { location: 'file:///etc/passwd' }, 302),
    said: /redirects to file:\/\/\/etc\/passwd, which is not followed/,
  },
  {
    name: 'a redirect to 169.254.169.254',
    wrong: (a) => text(a, '', { location: 'http://169.254.169.254/latest/meta-data' }, 307),
    said: /redirects to http:\/\/169\.254\.169\.254\/latest\/meta-data, which is not followed/,
  },
  {
    name: 'every other request failing',
    wrong: (a) => text(a, 'busy', {}, 500),
    said: /pairs failed, the first .*status 500: busy/,
    more: ['--retries', '0', '--parallel', '1'],
    when: (request) => request % 2 === 0,
    lost: 3,
  },
];

const BODIES: readonly TeacherFault[] = [
  {
    name: 'an HTML page',
    wrong: (a) => text(a, '<!DOCTYPE html><html>busy</html>', { 'content-type': 'text/html' }),
    said: /its answer is an HTML page/,
  },
  {
    name: 'JSON that breaks off',
    wrong: (a) => text(a, JSON.stringify({ images: [SOUND] }).slice(0, -20)),
    said: /its answer is no JSON/,
  },
  {
    name: 'JSON with NaN',
    wrong: (a) => text(a, `{"images": ["${SOUND}"], "loss": NaN}`),
    said: /its answer is no JSON/,
  },
  {
    name: 'a picture in place of JSON',
    wrong: (a) => text(a, Buffer.from(SOUND, 'base64'), { 'content-type': 'image/png' }),
    said: /its answer is no JSON/,
  },
  { name: 'no pictures', wrong: pictures(), said: /its answer holds no picture/ },
  { name: 'an empty picture', wrong: pictures(''), said: /its picture is empty/ },
  {
    name: 'broken base64',
    wrong: pictures(`${SOUND.slice(0, 50)}!!${SOUND.slice(52)}`),
    said: /its picture is broken base64/,
  },
  {
    name: 'half a picture',
    wrong: pictures(SOUND.slice(0, 4 * Math.floor(SOUND.length / 8))),
    said: /its answer: .*truncated/,
  },
  {
    name: 'a picture bomb',
    wrong: pictures(BOMB),
    said: /its answer: .*20000x20000; the limit is 64 megapixels/,
  },
  {
    name: 'text as a picture',
    wrong: pictures(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>').toString('base64')),
    said: /its answer: .*SVG/,
  },
  {
    name: 'a smaller picture',
    wrong: pictures(base64(gradient(8, 8, 1))),
    said: /its picture is 8x8; 16x16 or more/,
  },
  {
    name: 'a picture of another shape',
    wrong: pictures(base64(gradient(32, 16, 1))),
    said: /its picture is 32x16/,
  },
  { name: 'a black picture, as NaN leaves', wrong: pictures(base64(uniform(0))), said: /a single colour/ },
  {
    name: 'a grey picture, as filters leave',
    wrong: pictures(base64(uniform(127))),
    said: /a single colour/,
  },
  {
    name: 'more pictures than were asked for',
    wrong: async (a, { body }) => {
      const { init_images, prompt } = JSON.parse(body.toString());
      const own = await decodePicture(Buffer.from(init_images[0], 'base64'), 'request');
      sendJson(a, { images: [base64(edited(own, prompt)), SOUND, SOUND] });
    },
    said: /^$/,
    lost: 0,
  },
];

/** Servers that are at their address and answer wrongly. */
export const TEACHER_FAULTS: readonly TeacherFault[] = [...NETWORK, ...STATUSES, ...BODIES];

/** Servers that tell what they were sent, by message and by redirect. */
export const QUOTING: readonly TeacherFault[] = [
  { name: 'credentials quoted in an error', wrong: quoting(0), said: /status 500: you sent/ },
  { name: 'credentials quoted where a line is cut off', wrong: quoting(205), said: /status 500: \.+ you/ },
  {
    name: 'credentials quoted in a redirect',
    wrong: (a, seen) => text(a, '', { location: redirectWith(seen) }, 302),
    said: /redirects to http:\/\/127\.0\.0\.1:9\//,
  },
  {
    name: 'credentials quoted as a coding',
    wrong: (a, { headers }) => text(a, 'x', { 'content-encoding': headers.authorization ?? 'none' }),
    said: /compressed/,
  },
];
