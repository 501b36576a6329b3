import { z } from 'zod';
import type { Ranks } from '../../model/lora.ts';
import { UserError } from '../errors.ts';
import { readRegularFile, writeAtomic } from '../files.ts';

const MAX_BYTES = 1024 * 1024;
const file = z.looseObject({ ranks: z.record(z.string(), z.number().int().min(1).max(4096)) });

/** Reads `ranks.json`, as `e2gan search-rank` writes it. @throws UserError naming the file */
export async function readRanks(path: string): Promise<Ranks> {
  const text = new TextDecoder().decode(await readRegularFile(path, MAX_BYTES));
  try {
    return new Map(Object.entries(file.parse(JSON.parse(text)).ranks));
  } catch (error) {
    throw new UserError(`${path}: is not a file of ranks as e2gan search-rank writes it`, 1, {
      cause: error,
    });
  }
}

/** Writes it, with what else is to be known of it. */
export const writeRanks = (
  path: string,
  ranks: Ranks,
  about: Readonly<Record<string, unknown>>,
): Promise<void> =>
  writeAtomic(path, `${JSON.stringify({ ...about, ranks: Object.fromEntries(ranks) }, null, 2)}\n`);
