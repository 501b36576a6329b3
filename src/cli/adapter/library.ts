import type { Dirent } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AdapterEntry,
  type AdapterQuality,
  checkedEntry,
  INDEX_LIMITS,
  INDEX_NAME,
  isAdapterIndex,
  isLibraryPath,
  readQuality,
  writeAdapterIndex,
} from '../../model/adapter_index.ts';
import { leadsToFileInside, sortNaturally } from '../data/listing.ts';
import { firstFew } from '../data/skips.ts';
import { errorCode, escapeControl, fileError, UserError, usageError } from '../errors.ts';
import { formatBytes, readRegularFile, writeAtomic } from '../files.ts';
import { startProgress } from '../progress.ts';
import { warn } from '../warn.ts';
import { aboutAdapter, storedTypes } from './about.ts';
import { CONFIG, inPath, readPeftFolder, WEIGHTS } from './stored.ts';

const QUALITY = 'quality.json';
const MAX_QUALITY_BYTES = 64 * 1024;
/** Pictures that stand for an adapter, best first; `comparison.png` is what a fine-tune leaves. */
const THUMBNAILS = ['thumbnail.png', 'thumbnail.jpg', 'thumbnail.webp', 'comparison.png'] as const;

/** A folder that holds an adapter: its path below the library, ending in `/` unless it is the library itself. */
interface Found {
  readonly at: string;
  readonly names: ReadonlySet<string>;
}

/** Names of the usable files of one folder: regular ones, and links to files inside the library. */
async function usableNames(root: string, at: string, entries: readonly Dirent[]): Promise<Set<string>> {
  const names = new Set<string>();
  const wanted: readonly string[] = [CONFIG, WEIGHTS, QUALITY, ...THUMBNAILS];
  for (const entry of entries) {
    if (!wanted.includes(entry.name)) continue;
    if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToFileInside(root, at + entry.name))))
      names.add(entry.name);
  }
  return names;
}

/** All folders with an adapter, in natural order. Hidden folders and links to folders are left alone. */
async function findAdapters(folder: string, root: string): Promise<Found[]> {
  const found: Found[] = [];
  const pending = [''];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const entries = await readdir(join(root, at), { withFileTypes: true }).catch((error) => {
      throw fileError(join(folder, at!), 'list the folder', error);
    });
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.')) pending.push(`${at}${entry.name}/`);
    const names = await usableNames(root, at, entries);
    if (names.has(CONFIG) && names.has(WEIGHTS)) found.push({ at, names });
  }
  return sortNaturally(found, ({ at }) => at);
}

/** What a fine-tune has measured; null where nothing is told, or with a warning where it cannot be read. */
async function qualityOf(folder: string, { at, names }: Found): Promise<AdapterQuality | null> {
  if (!names.has(QUALITY)) return null;
  const path = join(folder, at, QUALITY);
  try {
    const bytes = await readRegularFile(path, MAX_QUALITY_BYTES);
    return inPath(path, () => readQuality(bytes));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    warn(`${error.message}; its numbers are left out`);
    return null;
  }
}

/** The folder's own path, without the `/` at its end. */
const pathOf = (folder: string, { at }: Found): string => join(folder, at.slice(0, -1));

/** An adapter's entry. @throws UserError where the adapter or its path cannot be in an index */
async function entryOf(folder: string, found: Found): Promise<AdapterEntry> {
  const { at, names } = found;
  const path = pathOf(folder, found);
  if (!isLibraryPath(at + CONFIG))
    throw new UserError(`${path}: a name with \\ : % ? # or a control character is no URL; rename it`);
  const stored = await readPeftFolder(path, path);
  const dtypes = new Set([...storedTypes(stored).values()].flatMap((types) => types.split('/')));
  const ranks = [...stored.adapter.layers].map(([layer, { rank }]) => [layer, rank] as const);
  const thumbnail = THUMBNAILS.find((name) => names.has(name));
  const entry = {
    ...aboutAdapter(stored),
    dtype: [...dtypes].sort().join('/'),
    ranks: Object.fromEntries(ranks),
    quality: await qualityOf(folder, found),
    files: { config: at + CONFIG, weights: at + WEIGHTS, thumbnail: thumbnail ? at + thumbnail : null },
  };
  return inPath(path, () => checkedEntry(entry));
}

/** Refuses to overwrite an `index.json` that is something else. @throws UserError */
async function requireOwnIndex(path: string, force: boolean): Promise<void> {
  if (force) return;
  const bytes = await readRegularFile(path, INDEX_LIMITS.bytes).catch((error: UserError) => {
    if (errorCode(error.cause) === 'ENOENT') return null;
    throw error;
  });
  if (bytes && !isAdapterIndex(bytes))
    throw usageError(`${path}: exists already and is no index of adapters; move it away or add --force`);
}

/** Reads all adapters; one that cannot be read is left out with a warning. */
async function readAll(folder: string, found: readonly Found[]) {
  const [entries, leftOut]: [AdapterEntry[], string[]] = [[], []];
  const progress = startProgress({ label: 'library', total: found.length, unit: 'adapters' });
  try {
    for (const [i, one] of found.entries()) {
      try {
        entries.push(await entryOf(folder, one));
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        leftOut.push(pathOf(folder, one));
        warn(`${error.message}; left out`);
      }
      progress.update(i + 1);
    }
  } finally {
    progress.stop();
  }
  return { entries, leftOut };
}

/** `e2gan adapter library DIR`: writes `DIR/index.json` of all adapters below DIR. @throws UserError */
export async function indexLibrary(folder: string, options: { readonly force?: boolean }): Promise<void> {
  const root = await realpath(folder).catch((error) => {
    throw fileError(folder, 'open the folder', error);
  });
  const index = join(folder, INDEX_NAME);
  const found = await findAdapters(folder, root);
  if (found.length === 0) throw new UserError(`${folder}: holds no adapters (folders with ${CONFIG})`);
  if (found.length > INDEX_LIMITS.adapters)
    throw new UserError(`${folder}: ${found.length} adapters, an index holds ${INDEX_LIMITS.adapters}`);
  await requireOwnIndex(index, options.force ?? false);
  const { entries, leftOut } = await readAll(folder, found);
  if (entries.length === 0)
    throw new UserError(`${folder}: none of its ${found.length} adapters can be read`);
  const text = writeAdapterIndex(entries);
  await writeAtomic(index, text);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(
    escapeControl(
      `${index}: ${entries.length} adapters of ${formatBytes(total)}, ${Buffer.byteLength(text)} bytes`,
    ),
  );
  if (leftOut.length > 0)
    throw new UserError(`${leftOut.length} of ${found.length} adapters were left out: ${firstFew(leftOut)}`);
}
