import { type FileHandle, open } from 'node:fs/promises';
import { fileError, UserError } from '../errors.ts';
import { readRegularFile, writeAtomic } from '../files.ts';

const MAX_BYTES = 2 ** 31 - 1;

/** One line of `metrics.jsonl`: a step and named values. */
export interface MetricsRow {
  readonly step: number;
  readonly [name: string]: number | string | null;
}

/** An open `metrics.jsonl`. */
export interface MetricsLog {
  /** Adds a line. NaN and infinities are stored as null. @throws UserError naming the file. */
  append(row: MetricsRow): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens `metrics.jsonl` to go on after `step` (0 for a new run): later lines, which the resumed run will write again,
 * and a torn last line are cut off first.
 */
export async function openMetricsLog(path: string, step: number): Promise<MetricsLog> {
  const kept = step > 0 ? (await readMetrics(path)).filter((row) => row.step <= step) : [];
  await writeAtomic(path, kept.map(toLine).join(''));
  const attempt = async <T>(work: Promise<T>) => {
    return work.catch((error) => {
      throw fileError(path, 'write it', error);
    });
  };
  const file: FileHandle = await attempt(open(path, 'a'));
  return {
    append: (row) => attempt(file.appendFile(toLine(row))),
    close: () => attempt(file.close()),
  };
}

/** The rows of a `metrics.jsonl` that are whole; none if there is no file. */
export async function readMetrics(path: string): Promise<MetricsRow[]> {
  const text = await readRegularFile(path, MAX_BYTES).catch((error) => {
    if (error instanceof UserError && /no such file/.test(error.message)) return '';
    throw error;
  });
  return text.toString().split('\n').flatMap(parseRow);
}

function toLine(row: MetricsRow): string {
  return `${JSON.stringify(row)}\n`;
}

function parseRow(line: string): MetricsRow[] {
  try {
    const row = JSON.parse(line);
    return Number.isSafeInteger(row?.step) ? [row] : [];
  } catch {
    return [];
  }
}
