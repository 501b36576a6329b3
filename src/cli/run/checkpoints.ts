import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ForeignCheckpointError } from '../../train/checkpoint.ts';
import { errorCode, fileError, messageOf, UserError } from '../errors.ts';
import { type FileCalls, makeFolder, readRegularFile, remove, writeAtomic } from '../files.ts';

const FOLDER = 'checkpoints';
const NAME = /^step_(\d{9,})\.safetensors$/;
const KEPT = 2;
const MAX_BYTES = 2 ** 31 - 1;

interface Stored {
  readonly step: number;
  readonly path: string;
}

/**
 * Writes the checkpoint of a step whole or not at all, then removes all but the last two, and those of later steps: a
 * run that went back to an older checkpoint has left them behind.
 * @throws UserError
 */
export async function saveCheckpoint(
  runFolder: string,
  step: number,
  bytes: Uint8Array,
  calls?: FileCalls,
): Promise<string> {
  const folder = join(runFolder, FOLDER);
  await makeFolder(folder);
  const path = join(folder, `step_${String(step).padStart(9, '0')}.safetensors`);
  await writeAtomic(path, bytes, calls);
  const stored = await list(folder);
  const kept = stored.filter((other) => other.step <= step).slice(0, KEPT);
  for (const other of stored) if (!kept.includes(other)) await remove(other.path);
  await removeLeftovers(folder);
  return path;
}

/**
 * The newest checkpoint that `read` accepts, with its step; undefined if none was ever written. Where `read` throws,
 * the checkpoint is broken: `warn` is told and the one before it is tried.
 * @throws UserError if there are checkpoints and all are broken, one belongs to another run or a newer program, or a file
 * cannot be read at all.
 */
export async function loadCheckpoint<T>(
  runFolder: string,
  read: (bytes: Uint8Array, path: string) => T | Promise<T>,
  warn: (line: string) => void,
): Promise<{ readonly step: number; readonly value: T } | undefined> {
  const stored = await list(join(runFolder, FOLDER));
  for (const { step, path } of stored) {
    const bytes = await readRegularFile(path, MAX_BYTES);
    try {
      return { step, value: await read(bytes, path) };
    } catch (error) {
      if (error instanceof ForeignCheckpointError)
        throw new UserError(`${path}: ${error.message}`, 1, { cause: error });
      warn(`${path}: broken checkpoint (${messageOf(error)}); trying the one before it`);
    }
  }
  if (stored.length === 0) return undefined;
  throw new UserError(`${join(runFolder, FOLDER)}: all checkpoints are broken; start anew with --fresh`);
}

/** Checkpoints, newest first. */
async function list(folder: string): Promise<Stored[]> {
  const stored = (await namesIn(folder)).flatMap((name) => {
    const match = NAME.exec(name);
    return match ? [{ step: Number(match[1]), path: join(folder, name) }] : [];
  });
  return stored.sort((a, b) => b.step - a.step);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw fileError(folder, 'list the folder', error);
  }
}

/** Temporary files of writes that a crash cut short. The folder is locked, so nobody is writing them now. */
async function removeLeftovers(folder: string): Promise<void> {
  const left = (await namesIn(folder)).filter((name) => name.endsWith('.tmp'));
  for (const name of left) await remove(join(folder, name));
}
