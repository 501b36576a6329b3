import { messageOf, WebError } from './web_error.ts';

/** How far something has come. */
export interface Progress {
  readonly stage: 'download' | 'compile' | 'ready';
  /** Bytes of a download, pipelines of a compilation. */
  readonly loaded: number;
  /** 0 where it is not known. */
  readonly total: number;
  /** The file, for a download. */
  readonly file: string;
}

export type OnProgress = (progress: Progress) => void;

/** Where a file comes from: an address, a file that was dropped or picked, or its bytes. */
export type FileSource = string | URL | Blob | ArrayBuffer | Uint8Array;

const LARGEST = 2 ** 31 - 1;

/** What to call a source in messages: the last part of its address, or the file's name. */
export function nameOf(source: FileSource): string {
  if (typeof source === 'string' || source instanceof URL) {
    const path = String(source).split(/[?#]/)[0]!.replace(/\/+$/, '');
    return path.split('/').at(-1) || path;
  }
  return 'name' in source && typeof source.name === 'string' ? source.name : 'the file';
}

async function body(
  name: string,
  response: Response,
  onProgress: OnProgress,
): Promise<Uint8Array<ArrayBuffer>> {
  // Under content encoding the length is that of what was sent, not of what arrives.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const reader = response.body!.getReader();
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    pieces.push(next.value);
    loaded += next.value.length;
    if (loaded > LARGEST) throw new WebError('download', `${name}: larger than 2 GiB`);
    onProgress({ stage: 'download', loaded, total, file: name });
  }
  if (total && loaded !== total)
    throw new WebError('download', `${name}: broke off after ${loaded} of ${total} bytes; try again`);
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/**
 * The origin of another server that is there and keeps its answer from this page, else null: a refusal for want of CORS
 * headers looks like a dead line until the same is asked for without reading it.
 */
async function withholder(url: string | URL): Promise<string | null> {
  if (typeof location === 'undefined' || !URL.canParse(url, location.href)) return null;
  const { origin } = new URL(url, location.href);
  if (origin === location.origin) return null;
  return fetch(url, { method: 'HEAD', mode: 'no-cors' }).then(
    () => origin,
    () => null,
  );
}

/** Why there was no answer at all. */
async function unanswered(name: string, url: string | URL, cause: unknown): Promise<WebError> {
  const origin = await withholder(url);
  const reason = origin
    ? `${origin} does not let this page read it; its server must send Access-Control-Allow-Origin, or the file must lie beside the page`
    : `cannot be downloaded (${messageOf(cause)}); check the connection`;
  return new WebError('download', `${name}: ${reason}`, { cause });
}

async function fetchBytes(url: string | URL, onProgress: OnProgress): Promise<Uint8Array<ArrayBuffer>> {
  const name = nameOf(url);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw await unanswered(name, url, cause);
  }
  if (!response.ok || !response.body)
    throw new WebError('download', `${name}: the server answers ${response.status}; check the address`);
  try {
    return await body(name, response, onProgress);
  } catch (cause) {
    if (cause instanceof WebError) throw cause;
    throw new WebError('download', `${name}: broke off (${messageOf(cause)}); try again`, { cause });
  }
}

/** All bytes of a source. @throws WebError `download`, naming the file */
export async function readSource(source: FileSource, onProgress: OnProgress = () => {}): Promise<Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return fetchBytes(source, onProgress);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  try {
    const bytes = new Uint8Array(await source.arrayBuffer());
    onProgress({ stage: 'download', loaded: bytes.length, total: bytes.length, file: nameOf(source) });
    return bytes;
  } catch (cause) {
    throw new WebError('file', `${nameOf(source)}: cannot be read (${messageOf(cause)})`, { cause });
  }
}
