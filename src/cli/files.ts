import { constants } from 'node:fs';
import * as nodeFiles from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, fileError, UserError } from './errors.ts';

/** The calls an atomic write makes; a test passes a set that fails on purpose. */
export type FileCalls = Pick<typeof nodeFiles, 'open' | 'rename' | 'rm'>;

/** A size for people: `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB'];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}

/**
 * The bytes of a regular file of at most `maxBytes`.
 * @throws UserError for FIFOs, devices, folders, larger files and anything unreadable.
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Buffer> {
  try {
    // Without O_NONBLOCK the open of a FIFO waits for a writer for ever.
    const file = await nodeFiles.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size } = await requireRegular(file, path);
      if (size > maxBytes) {
        throw new UserError(`${path}: ${formatBytes(size)} is over the limit of ${formatBytes(maxBytes)}`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(path, 'read it', error);
  }
}

async function requireRegular(file: nodeFiles.FileHandle, path: string): Promise<{ size: number }> {
  const stat = await file.stat();
  if (stat.isDirectory()) throw new UserError(`${path}: is a folder, a file is needed`);
  if (!stat.isFile()) throw new UserError(`${path}: not a regular file (a device, pipe or socket)`);
  return stat;
}

/**
 * Writes a file whole or not at all: temporary file in the same folder, fsync, rename, fsync of the folder.
 * A failure leaves the old file as it was and no temporary one behind.
 * @throws UserError naming the file.
 */
export const writeAtomic = (
  path: string,
  bytes: Uint8Array | string,
  calls: FileCalls = nodeFiles,
): Promise<void> => writeTogether(dirname(path), [[basename(path), bytes]], calls);

/**
 * Writes files of one folder that belong together: none takes its place before all are on the disk, then each in turn.
 * A failure before that leaves all old files as they were, and no failure leaves a temporary one behind.
 * @throws UserError naming the file.
 */
export async function writeTogether(
  folder: string,
  files: readonly (readonly [name: string, bytes: Uint8Array | string])[],
  calls: FileCalls = nodeFiles,
): Promise<void> {
  const temporary = (name: string) => join(folder, `.${name}.${process.pid}.tmp`);
  let under = '';
  try {
    for (const [name, bytes] of files) {
      under = name;
      await writeSynced(temporary(name), bytes, calls);
    }
    for (const [name] of files) {
      under = name;
      await calls.rename(temporary(name), join(folder, name));
    }
    await syncFolder(folder, calls);
  } catch (error) {
    for (const [name] of files) await nodeFiles.rm(temporary(name), { force: true }).catch(() => {});
    throw fileError(join(folder, under), 'write it', error);
  }
}

async function writeSynced(path: string, bytes: Uint8Array | string, calls: FileCalls): Promise<void> {
  const file = await calls.open(path, 'w');
  try {
    await writeAll(file, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A system may take fewer bytes than it is given; what it then says to the rest counts. */
async function writeAll(file: nodeFiles.FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at);
    if (bytesWritten === 0) throw new Error('the system takes no bytes');
    at += bytesWritten;
  }
}

/** Makes a rename durable. Windows cannot open folders and needs no such call. */
async function syncFolder(path: string, calls: FileCalls): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await calls.open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Makes a folder and its parents where they are missing. @throws UserError naming the folder. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await nodeFiles.mkdir(path, { recursive: true });
  } catch (error) {
    throw fileError(path, 'create the folder', error);
  }
}

/** Removes a file, or a folder with all in it; what is not there is no error. @throws UserError naming it. */
export async function remove(path: string): Promise<void> {
  try {
    await nodeFiles.rm(path, { recursive: true, force: true });
  } catch (error) {
    throw fileError(path, 'remove it', error);
  }
}

/** Refuses to overwrite `path` unless `force` is set. @throws UserError with exit code 2. */
export async function refuseExisting(path: string, force: boolean): Promise<void> {
  if (force) return;
  try {
    await nodeFiles.lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw fileError(path, 'write it', error);
  }
  throw new UserError(`${path}: exists already; choose another name or add --force`, 2);
}
