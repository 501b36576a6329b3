import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Picture } from '../../model/picture.ts';
import { errorCode, fileError, messageOf, UserError } from '../errors.ts';
import { readRegularFile, remove } from '../files.ts';
import { MAX_FILE_BYTES } from '../images/limits.ts';
import { fillArguments } from './argument_vector.ts';
import { runChild } from './child_program.ts';
import type { Concept } from './concepts.ts';
import { answeredPicture, type EditRequest, type Teacher, TeacherError } from './teacher.ts';

/** A command for all concepts, or each concept's own. */
export interface ExecSettings {
  readonly command?: string;
  /** Argument vector, with placeholders, by concept. */
  readonly vectors: ReadonlyMap<Concept, readonly string[]>;
  /** Folder for the files that the programs read and write. */
  readonly workFolder: string;
  readonly timeoutMs: number;
}

/**
 * Any program that reads one picture and writes another: `convert {in} -paint 4 {out}`. It runs without a shell, in the
 * current folder, its files being PNGs with plain names. A program that fails is not asked again.
 */
export function execTeacher(settings: ExecSettings): Teacher {
  const { command, vectors } = settings;
  const programs = [...new Set([...vectors.values()].map(([program]) => program!))];
  return {
    about: `program ${programs.join(', ')}`,
    config: { kind: 'exec', ...(command !== undefined && { command }) },
    async edit(request) {
      const folder = join(settings.workFolder, randomUUID());
      try {
        await makeWorkFolder(folder, request.png);
        return await runOn(folder, request, settings, programs.length === 1);
      } finally {
        await remove(folder);
      }
    },
    close: () => {},
  };
}

async function makeWorkFolder(folder: string, png: Buffer): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'in.png'), png);
  } catch (error) {
    throw fileError(folder, 'write the input', error);
  }
}

async function runOn(
  folder: string,
  { concept, seed, size }: EditRequest,
  { vectors, timeoutMs }: ExecSettings,
  isOnly: boolean,
): Promise<Picture> {
  const values = {
    in: join(folder, 'in.png'),
    out: join(folder, 'out.png'),
    prompt: concept.prompt,
    negative: concept.negative ?? '',
    concept: concept.name,
    seed: String(seed),
    width: String(size.width),
    height: String(size.height),
  };
  await runChild(fillArguments(vectors.get(concept)!, values), timeoutMs, isOnly);
  return answeredPicture(await written(values.out), 'skip');
}

async function written(path: string): Promise<Buffer> {
  try {
    return await readRegularFile(path, MAX_FILE_BYTES);
  } catch (error) {
    const isMissing = error instanceof UserError && errorCode(error.cause) === 'ENOENT';
    const reason = isMissing ? 'it ended well but wrote no {out}' : messageOf(error);
    throw new TeacherError('skip', reason, undefined, { cause: error });
  }
}
