import type { Listing } from './listing.ts';

/** A pair by paths relative to the data folder. */
export interface FoundPair {
  readonly input: string;
  readonly target: string;
  readonly concept?: string;
  readonly prompt?: string;
  readonly split?: string;
  readonly left?: 'input' | 'target';
}

/** What a layout's finder made of a folder. */
export interface Found {
  /** Name of the layout, for people. */
  readonly layout: string;
  readonly pairs: readonly FoundPair[];
  /** Paths that a description names and the folder lacks. */
  readonly missing?: readonly string[];
}

/** Pictures as a tree of folders. `path` is empty or ends with `/`; `files` are paths from the root. */
export interface FolderTree {
  readonly path: string;
  readonly files: string[];
  readonly folders: Map<string, FolderTree>;
}

/** What finders may ask for. */
export interface LayoutContext {
  readonly listing: Listing;
  /** Prompts by concept name, from `concepts.json`. */
  readonly prompts: ReadonlyMap<string, string>;
  /** The text of a description file. */
  readText(path: string): Promise<string>;
  /** Finds the pairs of a sub-folder by whatever layout it has. */
  find(tree: FolderTree): Promise<Found | undefined>;
}

/** Recognises one layout: undefined if the folder has another. */
export type Finder = (tree: FolderTree, context: LayoutContext) => Promise<Found | undefined>;

const SPLITS: Record<string, string> = {
  train: 'train',
  training: 'train',
  val: 'val',
  valid: 'val',
  validation: 'val',
  test: 'test',
  testing: 'test',
};

/** `train`, `val` or `test` for the usual names of such folders. */
export function splitName(folder: string): string | undefined {
  return Object.hasOwn(SPLITS, folder.toLowerCase()) ? SPLITS[folder.toLowerCase()] : undefined;
}

/** Builds the tree of folders from sorted paths. */
export function buildTree(pictures: readonly string[]): FolderTree {
  const root: FolderTree = { path: '', files: [], folders: new Map() };
  for (const picture of pictures) {
    let tree = root;
    for (const name of picture.split('/').slice(0, -1)) {
      let child = tree.folders.get(name);
      if (!child) {
        child = { path: `${tree.path}${name}/`, files: [], folders: new Map() };
        tree.folders.set(name, child);
      }
      tree = child;
    }
    tree.files.push(picture);
  }
  return root;
}

/** All pictures in a tree. */
export function picturesIn(tree: FolderTree): string[] {
  return [...tree.files, ...[...tree.folders.values()].flatMap(picturesIn)];
}

/** A path's part before the extension. */
export function stemOf(path: string): string {
  return path.replace(/\.[^./]*$/, '');
}

/**
 * Pairs the pictures of two trees by their path inside the tree: first the same name, then the same name but for the
 * extension where that is unique on both sides. A first folder named like a split becomes the split.
 */
export function matchTrees(input: FolderTree, target: FolderTree): FoundPair[] {
  const inside = (tree: FolderTree) => {
    return new Map(picturesIn(tree).map((path) => [path.slice(tree.path.length), path]));
  };
  const [inputs, targets] = [inside(input), inside(target)];
  const pairs: FoundPair[] = [];
  const take = (from: string, to: string) => {
    const split = splitName(from.split('/', 1)[0]!);
    pairs.push({ input: inputs.get(from)!, target: targets.get(to)!, ...(split && { split }) });
    inputs.delete(from);
    targets.delete(to);
  };
  for (const name of [...inputs.keys()]) if (targets.has(name)) take(name, name);
  const stems = uniqueStems(targets.keys());
  for (const [stem, name] of uniqueStems(inputs.keys())) {
    const partner = stems.get(stem);
    if (name !== undefined && partner !== undefined) take(name, partner);
  }
  return pairs;
}

/** Names by stem; undefined where two names share one. */
function uniqueStems(names: Iterable<string>): Map<string, string | undefined> {
  const stems = new Map<string, string | undefined>();
  for (const name of names) stems.set(stemOf(name), stems.has(stemOf(name)) ? undefined : name);
  return stems;
}
