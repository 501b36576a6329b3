import { conceptOf } from './concepts.ts';
import { type Finder, type FolderTree, type Found, type FoundPair, matchTrees, splitName } from './layout.ts';

/** Names of the two folders of a paired set, input first. */
const TREES = [
  ['a', 'b'],
  ['input', 'output'],
  ['inputs', 'outputs'],
  ['input', 'target'],
  ['inputs', 'targets'],
  ['before', 'after'],
  ['source', 'target'],
  ['src', 'dst'],
  ['original', 'edited'],
] as const;
const INPUT_FOLDER = 'input';

function child(tree: FolderTree, name: string): FolderTree | undefined {
  return [...tree.folders].find(([folder]) => folder.toLowerCase() === name)?.[1];
}

/** `A/` and `B/`, `input/` and `output/`, ...: the same names in both; splits may lie inside them. */
export const twoTrees: Finder = async (tree) => {
  for (const [first, second] of TREES) {
    const [input, target] = [child(tree, first), child(tree, second)];
    // `input/` beside several folders is the layout of many concepts.
    const alone = first !== INPUT_FOLDER || tree.folders.size === 2;
    if (!input || !target || !alone) continue;
    return { layout: `two folders, ${input.path} and ${target.path}`, pairs: matchTrees(input, target) };
  }
  return undefined;
};

/** `input/` beside one folder per concept (or beside `concepts/` with these), the same file names in all. */
export const inputAndConcepts: Finder = async (tree, context) => {
  const input = child(tree, INPUT_FOLDER);
  if (!input || tree.folders.size < 2) return undefined;
  const concepts = [...(child(tree, 'concepts') ?? tree).folders].filter(([, folder]) => folder !== input);
  const pairs: FoundPair[] = [];
  for (const [name, folder] of concepts) {
    const concept = await conceptOf(folder, name, context);
    pairs.push(...matchTrees(input, folder).map((pair) => ({ ...concept, ...pair })));
  }
  return { layout: `${input.path} and ${concepts.length} concept folders`, pairs };
};

/** `concepts/<name>/...` or folders that each hold a `concept.json`: any layout inside. */
export const conceptFolders: Finder = async (tree, context) => {
  const described = (folder: FolderTree) => context.listing.descriptions.has(`${folder.path}concept.json`);
  const parent = child(tree, 'concepts') ?? tree;
  const folders = [...parent.folders].filter(([, folder]) => parent !== tree || described(folder));
  if (folders.length === 0 || child(tree, INPUT_FOLDER)) return undefined;
  const pairs: FoundPair[] = [];
  const missing: string[] = [];
  const layouts = new Set<string>();
  for (const [name, folder] of folders) {
    const found = await context.find(folder);
    const concept = await conceptOf(folder, name, context);
    pairs.push(...(found?.pairs ?? []).map((pair) => ({ ...concept, ...pair })));
    missing.push(...(found?.missing ?? []));
    layouts.add(withoutPath(found?.layout ?? 'no known layout', folder.path));
  }
  return { layout: `${folders.length} concept folders (${[...layouts].join('; ')})`, pairs, missing };
};

/** `trainA trainB testA testB`: pairs only if every name of a split has its partner. */
export const cycleGan: Finder = async (tree) => {
  const sides = [...tree.folders].flatMap(([name, folder]) => {
    const [, split, side] = /^(train|val|test)_?([AB])$/i.exec(name) ?? [];
    return split && side ? [{ split: split.toLowerCase(), side: side.toUpperCase(), folder }] : [];
  });
  const inputs = sides.filter(({ side }) => side === 'A');
  const pairs: FoundPair[] = [];
  for (const { split, folder } of inputs) {
    const partner = sides.find((other) => other.side === 'B' && other.split === split);
    if (partner) pairs.push(...matchTrees(folder, partner.folder).map((pair) => ({ ...pair, split })));
  }
  if (inputs.length === 0 || sides.length === inputs.length) return undefined;
  const total = inputs.reduce((sum, { folder }) => sum + folder.files.length, 0);
  if (pairs.length === total) return { layout: 'trainA, trainB, ... with the same names', pairs };
  return {
    layout: `trainA, trainB, ... unpaired (${pairs.length} of ${total} names have a partner)`,
    pairs: [],
  };
};

/** `train/`, `val/`, `test/` with any layout inside each. */
export const splitFolders: Finder = async (tree, context) => {
  const folders = [...tree.folders].filter(([name]) => splitName(name));
  const parts: Found[] = [];
  const layouts = new Set<string>();
  for (const [name, folder] of folders) {
    const found = await context.find(folder);
    if (!found) continue;
    const split = splitName(name)!;
    parts.push({ ...found, pairs: found.pairs.map((pair) => ({ ...pair, split })) });
    layouts.add(withoutPath(found.layout, folder.path));
  }
  if (parts.length === 0) return undefined;
  return {
    layout: `split folders (${[...layouts].join('; ')})`,
    pairs: parts.flatMap((part) => part.pairs),
    missing: parts.flatMap((part) => part.missing ?? []),
  };
};

function withoutPath(layout: string, path: string): string {
  return layout.replaceAll(path, '');
}
