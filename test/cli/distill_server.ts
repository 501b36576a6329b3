import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeFolder } from '../../src/cli/files.ts';
import { decodePicture } from '../../src/cli/images/decode.ts';
import { encodePng } from '../../src/cli/images/png.ts';
import type { Picture } from '../../src/model/picture.ts';

/** One request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers in place of the protocol; returns false to let the protocol answer. */
export type Fault = (answer: ServerResponse, seen: Seen) => boolean | Promise<boolean>;

/** A diffusion server of our own: `seen` grows, `fault` may be set. */
export interface FakeServer {
  readonly url: string;
  readonly seen: Seen[];
  fault: Fault | undefined;
  close(): Promise<void>;
}

/** What the fake models make of a picture: its negative, its columns moved by the prompt's length. */
export function edited({ width, height, rgb }: Picture, prompt: string): Picture {
  const out = new Uint8Array(rgb.length);
  for (let i = 0; i < width * height; i++) {
    const row = i - (i % width);
    const from = row + ((i + prompt.length) % width);
    for (let c = 0; c < 3; c++) out[3 * i + c] = 255 - rgb[3 * from + c]!;
  }
  return { width, height, rgb: out };
}

/** A picture of two gradients and a seed. */
export function gradient(width: number, height: number, seed: number): Picture {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return (7 * x + 5 * y + 31 * seed + 60 * (i % 3)) % 256;
  });
  return { width, height, rgb };
}

/** Writes gradients `p0.png`, `p1.png`, ... */
export async function writeSources(folder: string, count: number, edge = 16): Promise<void> {
  await makeFolder(folder);
  for (let i = 0; i < count; i++)
    await writeFile(join(folder, `p${i}.png`), encodePng(gradient(edge, edge, i)));
}

/** Writes a concepts file with a prompt for each name. */
export async function writeConcepts(path: string, names: readonly string[]): Promise<void> {
  const concepts = names.map((name) => ({ name, prompt: `make it ${name}` }));
  await writeFile(path, JSON.stringify({ concepts }));
}

/** Starts a server that speaks all three protocols. */
export async function startFakeServer(): Promise<FakeServer> {
  const protocol = new Protocol();
  const fake = { url: '', seen: [] as Seen[], fault: undefined as Fault | undefined, close: async () => {} };
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks) };
    fake.seen.push(seen);
    if (!(await fake.fault?.(answer, seen))) await protocol.answer(answer, seen);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  fake.close = () =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return fake;
}

/** Sends JSON. */
export function sendJson(answer: ServerResponse, value: unknown, status = 200): true {
  answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  return true;
}

class Protocol {
  readonly #uploads = new Map<string, Buffer>();
  readonly #runs = new Map<string, { polls: number; picture: Buffer }>();

  async answer(answer: ServerResponse, seen: Seen): Promise<void> {
    const { pathname, searchParams } = new URL(seen.url, 'http://x');
    if (pathname === '/sdapi/v1/img2img') return this.#img2img(answer, seen);
    if (pathname === '/v1/images/edits') return this.#edits(answer, seen);
    if (pathname === '/upload/image') return this.#upload(answer, seen);
    if (pathname === '/prompt') return this.#prompt(answer, seen);
    if (pathname.startsWith('/history/')) return this.#history(answer, pathname.slice(9));
    const run = this.#runs.get(searchParams.get('filename') ?? '');
    if (pathname === '/view' && run) answer.writeHead(200).end(run.picture);
    else answer.writeHead(404).end();
  }

  async #img2img(answer: ServerResponse, { body }: Seen): Promise<void> {
    const { init_images, prompt, width, height } = JSON.parse(body.toString());
    const picture = await decodePicture(Buffer.from(init_images[0], 'base64'), 'request');
    if (picture.width !== width || picture.height !== height) throw new Error('sizes disagree');
    sendJson(answer, { images: [encodePng(edited(picture, prompt)).toString('base64')], info: '' });
  }

  async #edits(answer: ServerResponse, seen: Seen): Promise<void> {
    const form = await formOf(seen);
    const png = Buffer.from(await (form.get('image') as File).arrayBuffer());
    const picture = edited(await decodePicture(png, 'request'), String(form.get('prompt')));
    sendJson(answer, { created: 1, data: [{ b64_json: encodePng(picture).toString('base64') }] });
  }

  async #upload(answer: ServerResponse, seen: Seen): Promise<void> {
    const image = (await formOf(seen)).get('image') as File;
    this.#uploads.set(`e2gan/${image.name}`, Buffer.from(await image.arrayBuffer()));
    sendJson(answer, { name: image.name, subfolder: 'e2gan', type: 'input' });
  }

  async #prompt(answer: ServerResponse, { body }: Seen): Promise<void> {
    const { prompt } = JSON.parse(body.toString());
    const [image, text] = [prompt['1'].inputs.image, prompt['2'].inputs.text];
    const png = this.#uploads.get(image);
    if (!png || typeof prompt['3'].inputs.seed !== 'number') {
      sendJson(answer, { error: { message: 'invalid prompt' }, node_errors: {} }, 400);
      return;
    }
    const id = `run-${this.#runs.size}.png`;
    const picture = encodePng(edited(await decodePicture(png, 'request'), text));
    this.#runs.set(id, { polls: 0, picture });
    sendJson(answer, { prompt_id: id, number: 1 });
  }

  #history(answer: ServerResponse, id: string): void {
    const run = this.#runs.get(decodeURIComponent(id));
    const saved = { filename: decodeURIComponent(id), subfolder: '', type: 'output' };
    const temporary = { ...saved, filename: 'preview.png', type: 'temp' };
    const outputs = { 8: { images: [temporary] }, 9: { images: [saved] } };
    const isDone = run !== undefined && run.polls++ > 0;
    sendJson(answer, isDone ? { [saved.filename]: { outputs, status: { status_str: 'success' } } } : {});
  }
}

function formOf({ headers, body }: Seen): Promise<FormData> {
  const type = headers['content-type'] ?? '';
  return new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData();
}

/** A workflow such as ComfyUI exports, cut down. */
export const WORKFLOW = {
  1: { class_type: 'LoadImage', inputs: { image: '%input%' } },
  2: { class_type: 'CLIPTextEncode', inputs: { text: '%prompt%', clip: ['4', 1] } },
  3: { class_type: 'KSampler', inputs: { seed: '%seed%', note: '%width%x%height% %negative%' } },
  9: { class_type: 'SaveImage', inputs: { images: ['3', 0] } },
};
