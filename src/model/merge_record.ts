import * as z from 'zod/mini';
import { FormatError } from './format_error.ts';

/** An adapter that lies in a generator's weights. */
export interface MergedAdapter {
  readonly name: string;
  /** What it was trained with. */
  readonly prompt: string;
  /** SHA-256 of its weights' file, in hexadecimal. */
  readonly sha256: string;
  readonly strength: number;
}

const RECORDS = 'e2gan.merged';
const BASE = 'e2gan.merged_base_sha256';
const SHA256 = /^[0-9a-f]{64}$/;
const SCHEMA = z
  .array(
    z.object({
      name: z.string().check(z.maxLength(1024)),
      prompt: z.string().check(z.maxLength(4096)),
      sha256: z.string().check(z.regex(SHA256)),
      strength: z.number(),
    }),
  )
  .check(z.maxLength(1024));

/** The adapters that a generator's metadata says are in its weights. @throws FormatError */
export function mergedAdapters(about: ReadonlyMap<string, string>): MergedAdapter[] {
  const text = about.get(RECORDS);
  if (text === undefined) return [];
  try {
    return SCHEMA.parse(JSON.parse(text));
  } catch (cause) {
    throw new FormatError(`${RECORDS} is no list of adapters with name, prompt, sha256 and strength`, {
      cause,
    });
  }
}

/** The base that a generator's adapters were trained on: itself, or what others were merged into. */
export function baseOf(about: ReadonlyMap<string, string>, sha256: string): string {
  const recorded = about.get(BASE);
  return recorded !== undefined && SHA256.test(recorded) ? recorded : sha256;
}

/** Metadata that says what is merged, and into what. @throws FormatError for records that could not be read back */
export function withRecords(
  about: ReadonlyMap<string, string>,
  baseSha256: string,
  records: readonly MergedAdapter[],
): Map<string, string> {
  if (!SCHEMA.safeParse(records).success)
    throw new FormatError(
      'an adapter with a longer name or prompt than 1024 or 4096 characters, or too many',
    );
  const changed = new Map([
    ...about,
    [BASE, baseSha256] as const,
    [RECORDS, JSON.stringify(records)] as const,
  ]);
  if (records.length === 0) changed.delete(RECORDS);
  return changed;
}
