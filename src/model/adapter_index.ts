import * as z from 'zod/mini';
import { FormatError, quoted } from './format_error.ts';

/** File name of a library's index. */
export const INDEX_NAME = 'index.json';
/** What a reader accepts at most; larger would be an attack, or want another format. */
export const INDEX_LIMITS = { bytes: 64 * 1024 * 1024, adapters: 50_000, layers: 1024 } as const;

const FORMAT = 'e2gan adapter library';
const VERSION = 1;
const QUALITY_FORMAT = 'e2gan quality';
const LONGEST_PATH = 1024;

/**
 * Whether a path is relative, stays below its folder and can be resolved as a URL as it stands: segments between `/`, none
 * empty, `.` or `..`, and no `\ : % ? #` or control characters, which would mean something else in a URL.
 */
export function isLibraryPath(path: string): boolean {
  if (path.length > LONGEST_PATH || /[\\:%?#\p{C}\p{Zl}\p{Zp}]/u.test(path)) return false;
  return path.split('/').every((segment) => segment.trim() !== '' && segment !== '.' && segment !== '..');
}

const path = z.string().check(z.refine(isLibraryPath, 'no relative path inside the library'));
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/, 'no SHA-256 in hexadecimal'));
const count = z.int('no whole number').check(z.positive('not above 0'));
const text = (longest: number) => z.string().check(z.maxLength(longest, `over ${longest} characters`));
const score = z.object({
  l1: z.number().check(z.nonnegative('below 0')),
  /** In dB; null for pictures that are equal. */
  psnr: z.nullable(z.number()),
  ssim: z.number().check(z.gte(-1, 'below -1'), z.lte(1, 'above 1')),
});

const QUALITY = z.object({
  /** Held-out pairs that it is a mean over, and their size. */
  pairs: count,
  width: count,
  height: count,
  untouched: score,
  base: score,
  tuned: score,
});

const hasFewLayers = (ranks: object): boolean => Object.keys(ranks).length <= INDEX_LIMITS.layers;

const ENTRY = z.object({
  name: text(1024).check(z.minLength(1, 'empty')),
  prompt: text(4096),
  base: z.object({
    name: z.nullable(text(1024)),
    sha256: z.nullable(sha256),
    weights: z.nullable(count),
  }),
  /** Of the weights' file. */
  bytes: count,
  sha256,
  dtype: z.string().check(z.regex(/^[A-Z0-9/]{1,32}$/, 'no types')),
  weights: count,
  ranks: z
    .record(z.string().check(z.regex(/^[\w.-]{1,256}$/)), count)
    .check(z.refine(hasFewLayers, 'too many layers')),
  image_size: z.nullable(count),
  train_pairs: z.nullable(count),
  quality: z.nullable(QUALITY),
  files: z.object({ config: path, weights: path, thumbnail: z.nullable(path) }),
});

const INDEX = z.object({
  format: z.literal(FORMAT),
  version: count,
  adapters: z.array(ENTRY).check(z.maxLength(INDEX_LIMITS.adapters, 'too many adapters')),
});

/** How close an adapter's edits come to their targets, beside the untouched pictures and the base alone. */
export type AdapterQuality = z.infer<typeof QUALITY>;
/** One adapter of a library; paths are relative to the index, with `/`. */
export type AdapterEntry = z.infer<typeof ENTRY>;

/** The JSON value of bytes or text. @throws FormatError */
function parseJson(source: Uint8Array | string): unknown {
  if (source.length > INDEX_LIMITS.bytes) throw new FormatError(`larger than ${INDEX_LIMITS.bytes} bytes`);
  try {
    const text =
      typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source);
    return JSON.parse(text);
  } catch (cause) {
    throw new FormatError('not JSON in UTF-8', { cause });
  }
}

/** Validates by a schema. @throws FormatError naming the first field that does not fit */
function validate<T>(schema: z.ZodMiniType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path: at, message } = error.issues[0]!;
  throw new FormatError(`${quoted(at.join('.') || 'the whole')}: ${quoted(message).slice(1, -1)}`);
}

/** A version field of a file whose format is known; null for anything else. */
const versionOf = (value: unknown, format: string): unknown =>
  typeof value === 'object' && value !== null && 'format' in value && value.format === format
    ? ((value as { version?: unknown }).version ?? null)
    : null;

function requireVersion(value: unknown, format: string): void {
  const version = versionOf(value, format);
  if (version === null) throw new FormatError(`no ${format}: it says no such format and version`);
  if (version !== VERSION)
    throw new FormatError(`${format} of version ${quoted(String(version))}; this program reads version 1`);
}

/**
 * Reads a library's index. Fields it does not know are left out, so that later ones may be added to version 1.
 *
 * @param source - the file's bytes or text
 * @throws FormatError naming the field, also where a path leads out of the library
 */
export function readAdapterIndex(source: Uint8Array | string): readonly AdapterEntry[] {
  const value = parseJson(source);
  requireVersion(value, FORMAT);
  return validate(INDEX, value).adapters;
}

/** Whether bytes are some index of a library, of this version or another. */
export function isAdapterIndex(source: Uint8Array | string): boolean {
  try {
    return versionOf(parseJson(source), FORMAT) !== null;
  } catch {
    return false;
  }
}

/** An entry as the index takes it. @throws FormatError naming the field that it would not take */
export const checkedEntry = (entry: AdapterEntry): AdapterEntry => validate(ENTRY, entry);

/** Writes an index, one adapter a line; the same adapters give the same text. */
export function writeAdapterIndex(adapters: readonly AdapterEntry[]): string {
  const lines = adapters.map((entry) => JSON.stringify(entry));
  return `{"format":"${FORMAT}","version":${VERSION},"adapters":[\n${lines.join(',\n')}\n]}\n`;
}

/** Reads `quality.json`, which a fine-tune leaves beside its adapter. @throws FormatError naming the field */
export function readQuality(source: Uint8Array | string): AdapterQuality {
  const value = parseJson(source);
  requireVersion(value, QUALITY_FORMAT);
  return validate(QUALITY, value);
}

/** Writes `quality.json`; infinite PSNR becomes null. */
export const writeQuality = (quality: AdapterQuality): string =>
  `${JSON.stringify({ format: QUALITY_FORMAT, version: VERSION, ...quality }, null, 2)}\n`;
