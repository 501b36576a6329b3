import { usageError } from '../errors.ts';

/** Where a server is and how it knows us. */
export interface ServerAddress {
  /** Without credentials, query and hash; the path ends with `/`. */
  readonly url: URL;
  /** For messages and `config.json`. */
  readonly shown: string;
  readonly authorization?: string;
  /** Texts that must not show up in a message. */
  readonly secrets: readonly string[];
}

/**
 * A server's address, with `user:password@` in it or a key: one with a colon is `user:password`, any other a bearer
 * token.
 * @throws UserError that names `flag`, never the credentials
 */
export function serverAddress(text: string, flag: string, key: string | undefined): ServerAddress {
  if (!URL.canParse(text)) throw usageError(`${flag}: an address such as http://127.0.0.1:7860 is needed`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw usageError(`${flag}: ${url.protocol} is not spoken; use http: or https:`);
  const own = url.username ? `${decode(url.username, flag)}:${decode(url.password, flag)}` : undefined;
  if (url.search || url.hash) throw usageError(`${flag}: the address ends with its path; leave out ? and #`);
  [url.username, url.password] = ['', ''];
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/`;
  const shown = url.href.replace(/\/$/, '');
  const credentials = key ?? own;
  if (credentials === undefined) return { url, shown, secrets: [] };
  const encoded = Buffer.from(credentials).toString('base64');
  const password = credentials.slice(credentials.indexOf(':') + 1);
  const authorization = credentials.includes(':') ? `Basic ${encoded}` : `Bearer ${credentials}`;
  return { url, shown, authorization, secrets: spelled([credentials, encoded, password]) };
}

/** Texts as they are, without the padding of base64, and as an address spells them. */
function spelled(texts: readonly string[]): string[] {
  const all = texts.flatMap((text) => [text, text.replace(/=+$/, ''), encodeURIComponent(text)]);
  return [...new Set(all)].filter((text) => text.length > 0).sort((a, b) => b.length - a.length);
}

function decode(text: string, flag: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(`${flag}: the credentials in the address are not percent-encoded properly`);
  }
}

/** Whether credentials would travel unencrypted to another machine. */
export function isExposed({ url, authorization }: ServerAddress): boolean {
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return authorization !== undefined && url.protocol === 'http:' && !isLocal;
}

/**
 * The key in an environment variable.
 * @throws UserError where the variable is named and empty, or holds what no header can carry
 */
export function keyFrom(variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined;
  const key = process.env[variable]?.trim();
  if (!key) throw usageError(`--key-env: the environment variable ${variable} is not set`);
  if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(key))
    throw usageError(`--key-env: ${variable} holds characters that are no part of a key`);
  return key;
}
