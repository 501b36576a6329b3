import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, extname, isAbsolute, relative, resolve, sep } from 'node:path';
import { errorCode, fileError, UserError, usageError } from './errors.ts';
import { refuseExisting } from './files.ts';

/**
 * Makes sure, before any work is done, that a PNG can be written: its name, that nothing is overwritten, and that its
 * folder is there and writable.
 * @throws UserError
 */
export function requirePngOutput(path: string, force: boolean): Promise<void> {
  return requireFileOutput(path, '.png', force);
}

/**
 * The same for a file of another kind.
 * @param extension - with its dot, such as `.json`
 * @throws UserError
 */
export async function requireFileOutput(path: string, extension: string, force: boolean): Promise<void> {
  const kind = extension.slice(1);
  if (extname(path).toLowerCase() !== extension)
    throw usageError(`${path}: ${kind.toUpperCase()} is written, call it ${extension}`);
  if (await isFolder(path)) throw usageError(`${path}: is a folder, the name of a file is needed`);
  await refuseExisting(path, force);
  await requireWritable(dirname(path), path);
}

/** Makes sure that a folder can be written into, or made. @throws UserError naming `path` */
export async function requireFolderOutput(path: string): Promise<void> {
  let folder = resolve(path);
  while ((await kindOf(folder)) === undefined && dirname(folder) !== folder) folder = dirname(folder);
  if ((await kindOf(folder)) !== 'folder')
    throw new UserError(`${path}: ${folder} is not a folder, so none can be made there`);
  await requireWritable(folder, path);
}

/** Whether `inner` is `outer` or lies in it. */
export function isInside(inner: string, outer: string): boolean {
  const way = relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** Whether a path is a folder; false where there is nothing. @throws UserError where that cannot be told */
export async function isFolder(path: string): Promise<boolean> {
  return (await kindOf(path)) === 'folder';
}

async function kindOf(path: string): Promise<'folder' | 'other' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error))) return undefined;
    throw fileError(path, 'open it', error);
  }
}

async function requireWritable(folder: string, path: string): Promise<void> {
  await access(folder, constants.W_OK).catch((error) => {
    throw fileError(path, 'write it', error);
  });
}
