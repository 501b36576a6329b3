import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { errorCode, fileError, UserError } from '../errors.ts';
import type { Skips } from './skips.ts';

const PICTURES = new Set(['.png', '.jpg', '.jpeg', '.jfif', '.webp', '.avif', '.tif', '.tiff']);
/** Files that describe pairs; they are read, not skipped. */
const DESCRIPTIONS = /^(metadata\.(jsonl|csv|parquet)|concepts?\.json)$/;

/** What `distill` writes beside the pairs at the folder's top; neither pairs nor left out. */
const ABOUT_PAIRS = /^(config\.json|lock\.json|failures\.jsonl|contact_sheet\.png|\.work)$/;

/** What lies in a data folder. Paths are relative to `root`, with `/`, in natural order. */
export interface Listing {
  /** The folder's real path. */
  readonly root: string;
  readonly pictures: readonly string[];
  readonly descriptions: ReadonlySet<string>;
}

/**
 * Lists a folder and its sub-folders. Links to folders are not followed, links to files only inside the folder; all
 * that is left out goes to `skips`.
 * @throws UserError if the folder itself cannot be listed.
 */
export async function listFolder(folder: string, skips: Skips): Promise<Listing> {
  const root = await realpath(folder).catch((error) => {
    throw fileError(folder, 'open the folder', error);
  });
  const pictures: string[] = [];
  const descriptions = new Set<string>();
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of await entriesOf(root, at, folder, skips)) {
      const path = at + entry.name;
      if (ABOUT_PAIRS.test(path)) continue;
      if (entry.name.startsWith('.')) skips.add(path, 'hidden');
      else if (entry.isDirectory()) pending.push(`${path}/`);
      else if (!(await isUsableFile(root, path, entry, skips))) continue;
      else if (DESCRIPTIONS.test(entry.name)) descriptions.add(path);
      else if (PICTURES.has(extname(entry.name).toLowerCase())) pictures.push(path);
      else skips.add(path, 'not a picture e2gan reads');
    }
  }
  return { root, pictures: sortNaturally(pictures, (path) => path), descriptions };
}

/** Sorted so that `a2` comes before `a10`; equal on every machine, as no locale is asked. */
export function sortNaturally<T>(items: readonly T[], pathOf: (item: T) => string): T[] {
  const keyed = items.map((item) => {
    const path = pathOf(item);
    return { item, path, key: path.replace(/\d+/g, (digits) => digits.padStart(16, '0')) };
  });
  keyed.sort((a, b) => compare(a.key, b.key) || compare(a.path, b.path));
  return keyed.map(({ item }) => item);
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

async function entriesOf(root: string, at: string, folder: string, skips: Skips): Promise<Dirent[]> {
  try {
    return await readdir(join(root, at), { withFileTypes: true });
  } catch (error) {
    if (at === '') throw fileError(folder, 'list the folder', error);
    skips.add(at, 'unreadable');
    return [];
  }
}

async function isUsableFile(root: string, path: string, entry: Dirent, skips: Skips): Promise<boolean> {
  if (entry.isFile()) return true;
  if (entry.isSymbolicLink()) {
    if (await leadsToFileInside(root, path)) return true;
    skips.add(path, 'link out of the folder or to a folder');
  } else skips.add(path, 'not a regular file');
  return false;
}

/** Whether a link leads to a file below `root`, which must be a real path. */
export async function leadsToFileInside(root: string, path: string): Promise<boolean> {
  try {
    const target = await realpath(join(root, path));
    return target.startsWith(root + sep) && (await stat(target)).isFile();
  } catch (error) {
    if (['ENOENT', 'ELOOP', 'EACCES'].includes(errorCode(error))) return false;
    throw error;
  }
}

/** Refuses a folder without a single picture. @throws UserError */
export function requirePictures({ pictures }: Listing, folder: string): void {
  if (pictures.length > 0) return;
  throw new UserError(`${folder}: holds no pictures (PNG, JPEG, WebP, AVIF or TIFF)`);
}
