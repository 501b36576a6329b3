import { basename, join } from 'node:path';
import { UserError } from '../errors.ts';
import { conceptOf, readDescription, readPrompts } from './concepts.ts';
import { forcedSideBySide, sideBySide, suffixPairs } from './file_layouts.ts';
import { conceptFolders, cycleGan, inputAndConcepts, splitFolders, twoTrees } from './folder_layouts.ts';
import {
  buildTree,
  type Finder,
  type FolderTree,
  type Found,
  type FoundPair,
  type LayoutContext,
} from './layout.ts';
import { type Listing, listFolder, requirePictures, sortNaturally } from './listing.ts';
import { metadataRows } from './metadata.ts';
import type { Pair } from './pair.ts';
import { firstFew, Skips } from './skips.ts';

/** The pairs of a folder, in natural order of their target's path, and what was left out. */
export interface DataSet {
  /** The folder's real path. */
  readonly root: string;
  /** How the pairs are stored, for people. */
  readonly layout: string;
  readonly pairs: readonly Pair[];
  readonly skips: Skips;
}

/** How to read a folder where its form leaves a choice. */
export interface DataSetOptions {
  /** Swap input and target (pix2pix's direction BtoA). */
  readonly reverse?: boolean;
  /** Every file holds two pictures side by side, whatever its shape. */
  readonly sideBySide?: boolean;
}

/** Tried in this order; folders say more than file names, and a description says most. */
const FINDERS: readonly Finder[] = [
  metadataRows,
  conceptFolders,
  twoTrees,
  inputAndConcepts,
  cycleGan,
  splitFolders,
  suffixPairs,
  sideBySide,
];
const UNKNOWN: Found = { layout: 'unknown', pairs: [] };
const LAYOUTS = 'input/ and output/, A/ and B/, input/ and concept folders, x_a and x_b, or metadata.jsonl';

/**
 * Finds the pairs of a folder in whatever layout it has; unusable files are in `skips`.
 * @throws UserError if the folder is missing, holds no pictures or has a malformed description.
 */
export async function scanFolder(folder: string, options: DataSetOptions = {}): Promise<DataSet> {
  const skips = new Skips();
  const listing = await listFolder(folder, skips);
  requirePictures(listing, folder);
  const found = await findLayout(listing, options.sideBySide ? [splitFolders, forcedSideBySide] : FINDERS);
  for (const path of found.missing ?? []) skips.add(path, 'listed but missing');
  const used = new Set(found.pairs.flatMap(({ input, target }) => [input, target]));
  for (const path of listing.pictures) if (!used.has(path)) skips.add(path, 'without a partner');
  const sorted = sortNaturally(found.pairs, ({ target }) => target);
  const pairs = sorted.map((pair) => finish(pair, listing.root, options.reverse ?? false));
  return { root: listing.root, layout: found.layout, pairs, skips };
}

/** `scanFolder` for training: at least one pair is needed. @throws UserError that says what was found instead. */
export async function findPairs(folder: string, options: DataSetOptions = {}): Promise<DataSet> {
  const dataSet = await scanFolder(folder, options);
  if (dataSet.pairs.length > 0) return dataSet;
  const lonely = firstFew(dataSet.skips.of('without a partner'));
  throw new UserError(
    `${folder}: no pairs (layout: ${dataSet.layout}; alone: ${lonely}); wanted: ${LAYOUTS}`,
  );
}

async function findLayout(listing: Listing, finders: readonly Finder[]): Promise<Found> {
  const context: LayoutContext = {
    listing,
    prompts: await readPrompts(listing.root),
    readText: (path) => readDescription(join(listing.root, path)),
    find: async (tree: FolderTree) => {
      for (const finder of finders) {
        const found = await finder(tree, context);
        if (found) return found;
      }
      return undefined;
    },
  };
  const tree = buildTree(listing.pictures);
  const found = (await context.find(tree)) ?? UNKNOWN;
  if (!listing.descriptions.has('concept.json')) return found;
  const concept = await conceptOf(tree, basename(listing.root), context);
  return { ...found, pairs: found.pairs.map((pair) => ({ ...concept, ...pair })) };
}

function finish(pair: FoundPair, root: string, reverse: boolean): Pair {
  const [input, target] = [join(root, pair.input), join(root, pair.target)];
  if (pair.left) return { ...pair, input, target, left: reverse ? 'target' : 'input' };
  return reverse ? { ...pair, input: target, target: input } : { ...pair, input, target };
}
