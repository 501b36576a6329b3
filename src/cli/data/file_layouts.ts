import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { readPicture } from '../images/decode.ts';
import { type Finder, type FoundPair, stemOf } from './layout.ts';

/** Endings of the stems of one pair, input first. */
const SUFFIXES = [
  ['a', 'b'],
  ['before', 'after'],
  ['in', 'out'],
  ['input', 'output'],
  ['input', 'target'],
  ['source', 'target'],
  ['original', 'edited'],
] as const;
const PROBED = 8;

/** `x_a.png x_b.png`, `x_before.jpg x_after.jpg`, ...: the ending that pairs most files, if it pairs half of them. */
export const suffixPairs: Finder = async (tree) => {
  const candidates = SUFFIXES.map(([from, to]) => ({
    layout: `file names ending in _${from} and _${to}`,
    pairs: matchSuffix(tree.files, from, to),
  }));
  const best = candidates.reduce((a, b) => (b.pairs.length > a.pairs.length ? b : a));
  return best.pairs.length > 0 && best.pairs.length * 4 >= tree.files.length ? best : undefined;
};

function matchSuffix(files: readonly string[], from: string, to: string): FoundPair[] {
  const ending = new RegExp(`^(.*[_-])(${from}|${to})$`, 'i');
  const inputs = new Map<string, string>();
  const targets = new Map<string, string>();
  for (const file of files) {
    const [, stem, side] = ending.exec(stemOf(file)) ?? [];
    if (stem === undefined || side === undefined) continue;
    const group = side.toLowerCase() === from ? inputs : targets;
    if (!group.has(stem)) group.set(stem, file);
  }
  return [...inputs].flatMap(([stem, input]) => {
    const target = targets.get(stem);
    return target === undefined ? [] : [{ input, target }];
  });
}

/** Files that hold both pictures side by side, as pix2pix has them: all of the first eight are twice as wide as high. */
export const sideBySide: Finder = async (tree, { listing }) => {
  const probed = tree.files.slice(0, PROBED);
  const ratios = await Promise.all(probed.map((path) => ratioOf(join(listing.root, path))));
  const known = ratios.filter((ratio) => ratio !== undefined);
  return known.length > 0 && known.every((ratio) => ratio === 2) ? halves(tree.files) : undefined;
};

/** The same, taken for granted. */
export const forcedSideBySide: Finder = async (tree) =>
  tree.files.length > 0 ? halves(tree.files) : undefined;

function halves(files: readonly string[]) {
  const pairs = files.map((file): FoundPair => ({ input: file, target: file, left: 'input' }));
  return { layout: 'two pictures side by side in each file', pairs };
}

/** Width over height; undefined for a file that cannot be read, which is reported when it is used. */
async function ratioOf(path: string): Promise<number | undefined> {
  try {
    const { width, height } = await readPicture(path);
    return width / height;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
