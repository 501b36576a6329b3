import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import type { Picture } from '../../model/picture.ts';
import { UserError } from '../errors.ts';
import { readRegularFile } from '../files.ts';
import { decodeWithNotes } from '../images/decode.ts';
import type { ConversionNote } from '../images/decoded.ts';
import { pictureGrid } from '../images/grid.ts';
import { MAX_FILE_BYTES } from '../images/limits.ts';
import type { DataSet } from './data_set.ts';
import { type Pair, readPair } from './pair.ts';

const SHEET_PAIRS = 24;
const PAIRS_PER_ROW = 4;
const SHEET_CELL = 128;

/** What `data check` finds out. Names are relative to the folder. */
export interface CheckReport {
  readonly dataSet: DataSet;
  /** Pairs whose two pictures can be read and have one size. */
  readonly usable: readonly Pair[];
  /** `name: reason` of every file that cannot be used. */
  readonly broken: readonly string[];
  /** `a.png 64x64, b.png 32x32` of every pair of two sizes. */
  readonly mismatches: readonly string[];
  /** Groups of files with the same pixels. */
  readonly duplicates: readonly (readonly string[])[];
  /** Pairs whose target has exactly the pixels of its input. */
  readonly unchanged: readonly string[];
  /** Groups of names that differ in case alone: they collide on some file systems. */
  readonly caseClashes: readonly (readonly string[])[];
  /** How many files needed each conversion. */
  readonly notes: ReadonlyMap<ConversionNote, number>;
  /** How many files have each size. */
  readonly sizes: ReadonlyMap<string, number>;
}

interface FileFacts {
  readonly size: string;
  readonly width: number;
  readonly pixelHash: string;
  readonly notes: readonly ConversionNote[];
}

/** Decodes every file of a data set once and looks for what would spoil a training. */
export async function checkDataSet(
  dataSet: DataSet,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<CheckReport> {
  const name = (path: string) => relative(dataSet.root, path);
  const paths = [...new Set(dataSet.pairs.flatMap(({ input, target }) => [input, target]))];
  const facts = new Map<string, FileFacts>();
  const broken: string[] = [];
  for (const [i, path] of paths.entries()) {
    const found = await inspect(path, name(path));
    if (typeof found === 'string') {
      broken.push(found);
      dataSet.skips.add(name(path), 'unreadable');
    } else facts.set(path, found);
    onProgress(i + 1, paths.length);
  }
  const whole = dataSet.pairs.filter(({ input, target }) => facts.has(input) && facts.has(target));
  const hash = (path: string) => facts.get(path)!.pixelHash;
  const fits = (pair: Pair) => mismatch(pair, facts) === undefined;
  for (const pair of whole.filter((pair) => !fits(pair)))
    dataSet.skips.add(name(pair.target), 'of two sizes');
  return {
    dataSet,
    usable: whole.filter(fits),
    broken,
    mismatches: whole.flatMap((pair) => mismatch(pair, facts, name) ?? []),
    duplicates: groups([...facts.keys()], hash).map((group) => group.map(name)),
    unchanged: whole
      .filter((p) => !p.left && hash(p.input) === hash(p.target))
      .map(({ target }) => name(target)),
    caseClashes: groups(paths.map(name), (path) => path.toLowerCase()),
    notes: count([...facts.values()].flatMap(({ notes }) => notes)),
    sizes: count([...facts.values()].map(({ size }) => size)),
  };
}

/** Up to 24 usable pairs, spread evenly over the data set, as one picture. */
export async function contactSheet(report: CheckReport): Promise<Picture> {
  const shown = spread(report.usable, SHEET_PAIRS);
  const rows = [];
  for (let first = 0; first < shown.length; first += PAIRS_PER_ROW) {
    const pairs = await Promise.all(shown.slice(first, first + PAIRS_PER_ROW).map(readPair));
    rows.push({ pictures: pairs.flatMap(({ input, target }) => [input, target]) });
  }
  const columns = Array(Math.min(PAIRS_PER_ROW, Math.max(1, shown.length))).fill(['input', 'target']);
  return pictureGrid(columns.flat(), rows, SHEET_CELL);
}

/** Facts of a file, or why it cannot be used. */
async function inspect(path: string, name: string): Promise<FileFacts | string> {
  try {
    const { picture, notes } = await decodeWithNotes(await readRegularFile(path, MAX_FILE_BYTES), name);
    const { width, height, rgb } = picture;
    const pixelHash = createHash('sha256').update(`${width}x${height} `).update(rgb).digest('hex');
    return { size: `${width}x${height}`, width, pixelHash, notes };
  } catch (error) {
    if (error instanceof UserError) return error.message.replace(path, name);
    throw error;
  }
}

/** Says how the sizes of a pair disagree; undefined where they do not. */
function mismatch(
  { input, target, left }: Pair,
  facts: ReadonlyMap<string, FileFacts>,
  name = (path: string) => path,
): string | undefined {
  const [a, b] = [facts.get(input)!, facts.get(target)!];
  if (left) return a.width % 2 === 0 ? undefined : `${name(input)} ${a.size} cannot be halved`;
  return a.size === b.size ? undefined : `${name(input)} ${a.size}, ${name(target)} ${b.size}`;
}

/** Groups of two or more items with the same key. */
function groups(items: readonly string[], keyOf: (item: string) => string): string[][] {
  const byKey = new Map<string, string[]>();
  for (const item of items) {
    const group = byKey.get(keyOf(item));
    if (group) group.push(item);
    else byKey.set(keyOf(item), [item]);
  }
  return [...byKey.values()].filter((group) => group.length > 1);
}

function count<T>(items: readonly T[]): Map<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

function spread<T>(items: readonly T[], most: number): T[] {
  const shown = Math.min(most, items.length);
  return Array.from({ length: shown }, (_, i) => items[Math.floor((i * items.length) / shown)]!);
}
