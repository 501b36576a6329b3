import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Picture } from '../../model/picture.ts';
import { readDescription } from '../data/concepts.ts';
import { splitName } from '../data/layout.ts';
import { listFolder, sortNaturally } from '../data/listing.ts';
import { Skips } from '../data/skips.ts';
import { errorCode, fileError, UserError, usageError } from '../errors.ts';
import { makeFolder, remove, writeAtomic } from '../files.ts';
import { readPicture } from '../images/decode.ts';
import { encodePng } from '../images/png.ts';
import type { Size } from '../options.ts';
import type { Concept } from './concepts.ts';

const INPUT = 'input';
const WORK = '.work';
const DESCRIPTION = 'concept.json';
const METADATA = 'metadata.jsonl';
const FAILURES = 'failures.jsonl';
const SHEET = 'contact_sheet.png';
const ABOUT = z.looseObject({ name: z.string(), prompt: z.string() });
const LEFTOVER = /^\..+\.\d+\.tmp$/;

/** A pair that was not made. */
export interface Failure {
  readonly concept: string;
  readonly input_file_name: string;
  readonly attempts: number;
  readonly reason: string;
}

/** Whether `--fresh` may remove an entry of a folder of pairs: what this file writes, and nothing else. */
export async function isOwnEntry(name: string, path: string): Promise<boolean> {
  if (['config.json', METADATA, FAILURES, SHEET, INPUT, WORK].includes(name)) return true;
  const inside = await readdir(join(path, name)).catch(() => [] as string[]);
  return inside.includes(DESCRIPTION);
}

/**
 * Pairs as they are made: `input/<name>`, `<concept>/<name>`, `<concept>/concept.json`, and `metadata.jsonl` over all of
 * them. Pictures are RGB PNGs of one size, written whole or not at all.
 */
export class PairFolder {
  readonly path: string;
  readonly size: Size;

  constructor(path: string, size: Size) {
    this.path = path;
    this.size = size;
  }

  /** Where programs may put their files. */
  get workFolder(): string {
    return join(this.path, WORK);
  }

  get sheet(): string {
    return join(this.path, SHEET);
  }

  inputName(name: string): string {
    return `${INPUT}/${name}`;
  }

  input(name: string): string {
    return join(this.path, INPUT, name);
  }

  target(concept: string, name: string): string {
    return join(this.path, concept, name);
  }

  /** The picture in a file, if it is there, whole and of the right size. */
  async read(path: string): Promise<Picture | undefined> {
    try {
      const picture = await readPicture(path);
      return picture.width === this.size.width && picture.height === this.size.height ? picture : undefined;
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  /** @throws UserError naming the file */
  async write(path: string, picture: Picture): Promise<void> {
    await makeFolder(dirname(path));
    await writeAtomic(path, encodePng(picture));
  }

  /** Removes what a killed job left half-written, and the programs' files. */
  async removeLeftovers(): Promise<void> {
    await remove(this.workFolder);
    const entries = await readdir(this.path, { withFileTypes: true, recursive: true }).catch((error) => {
      throw fileError(this.path, 'list the folder', error);
    });
    for (const { name, parentPath } of entries.filter((e) => e.isFile() && LEFTOVER.test(e.name)))
      await remove(join(parentPath, name));
  }

  /**
   * Writes down what a concept's folder shows.
   * @throws UserError where it was begun with another prompt or command
   */
  async describe({ name, prompt, negative, exec }: Concept): Promise<void> {
    const path = join(this.path, name, DESCRIPTION);
    const text = `${JSON.stringify({ name, prompt, negative, exec }, null, 2)}\n`;
    const before = await readDescription(path).catch((error) => {
      if (errorCode(error.cause) === 'ENOENT') return undefined;
      throw error;
    });
    if (before === text) return;
    if (before !== undefined)
      throw usageError(`${path}: was begun with another prompt or command; repeat it, or use --fresh`);
    await makeFolder(dirname(path));
    await writeAtomic(path, text);
  }

  /** Writes `metadata.jsonl`: every pair there is but those `without`. @returns how many pairs that are */
  async writeMetadata(without: ReadonlySet<string>): Promise<number> {
    const { pictures, descriptions } = await listFolder(this.path, new Skips());
    const present = new Set(pictures);
    const inputs = pictures.filter((path) => path.startsWith(`${INPUT}/`));
    const concepts = [...descriptions].filter((path) => path.endsWith(`/${DESCRIPTION}`));
    const rows: string[] = [];
    for (const description of sortNaturally(concepts, (path) => path)) {
      const { concept, prompt } = await readAbout(join(this.path, description));
      for (const input_file_name of inputs) {
        const name = input_file_name.slice(INPUT.length + 1);
        const output_file_name = `${dirname(description)}/${name}`;
        if (!present.has(output_file_name) || without.has(output_file_name)) continue;
        const split = name.includes('/') ? splitName(name.split('/')[0]!) : undefined;
        rows.push(JSON.stringify({ input_file_name, output_file_name, edit_prompt: prompt, concept, split }));
      }
    }
    await writeAtomic(join(this.path, METADATA), rows.map((row) => `${row}\n`).join(''));
    return rows.length;
  }

  /** Writes `failures.jsonl`, or removes it where there are none. */
  async writeFailures(failures: readonly Failure[]): Promise<void> {
    const path = join(this.path, FAILURES);
    if (failures.length === 0) return remove(path);
    await writeAtomic(path, failures.map((failure) => `${JSON.stringify(failure)}\n`).join(''));
  }
}

async function readAbout(path: string): Promise<{ concept: string; prompt: string }> {
  try {
    const { name, prompt } = ABOUT.parse(JSON.parse(await readDescription(path)));
    return { concept: name, prompt };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${path}: damaged; remove it, or the folder that it describes`, 1, { cause: error });
  }
}
