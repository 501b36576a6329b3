import type { Picture } from '../model/picture.ts';
import { hashedPrompt } from '../model/text.ts';
import type { PairSource, PromptedPair } from '../train/loop.ts';
import { type Pair, readPair } from './data/pair.ts';
import { messageOf, UserError, usageError } from './errors.ts';
import { centreSquare } from './images/crop.ts';
import { resizePicture } from './images/resize.ts';

/** Decoded pictures kept in memory; what is beyond is read again each time. */
const MAX_CACHE_BYTES = 1.5e9;

/** Pairs of a folder as training takes them. */
export interface FolderSelection {
  readonly pairs: readonly Pair[];
  /** Edge in pixels: pictures are cut to their middle square and scaled. */
  readonly size: number;
  /** Values per token of the prompt. */
  readonly contextWidth: number;
  /** For all pairs; without it each pair's own, or the name of its concept. */
  readonly prompt?: string;
}

/** Both pictures of a pair as squares of `size` pixels, cut and scaled alike. @throws UserError naming the file */
export async function loadSquares(pair: Pair, size: number): Promise<{ input: Picture; target: Picture }> {
  const { input, target } = await readPair(pair);
  if (input.width !== target.width || input.height !== target.height) {
    const sizes = `${input.width}x${input.height} and ${target.width}x${target.height}`;
    throw new UserError(`${pair.target}: a pair needs two pictures of one size, these are ${sizes}`);
  }
  const square = (picture: Picture) => resizePicture(centreSquare(picture), size, size);
  return { input: await square(input), target: await square(target) };
}

/**
 * Pairs of a folder, read when first asked for and kept as far as memory allows. `load` throws UserError naming the
 * file that cannot be used.
 */
export function folderSource({ pairs, size, contextWidth, prompt }: FolderSelection): PairSource {
  const contexts = new Map<string, Float32Array>();
  const contextOf = (text: string) => {
    const context = contexts.get(text) ?? hashedPrompt(text, contextWidth);
    contexts.set(text, context);
    return context;
  };
  const room = Math.floor(MAX_CACHE_BYTES / (2 * 3 * size * size));
  const kept = new Map<number, PromptedPair>();
  return {
    count: pairs.length,
    async load(index) {
      const known = kept.get(index);
      if (known) return known;
      const pair = pairs[index]!;
      const context = contextOf(prompt ?? pair.prompt ?? pair.concept ?? '');
      const loaded = { ...(await loadSquares(pair, size)), context };
      if (kept.size < room) kept.set(index, loaded);
      return loaded;
    },
  };
}

/**
 * The same pairs, but for one that cannot be used the next that can be takes its place: a file that vanishes while a
 * training runs does not end it. `warn` hears of each once. `load` throws UserError where none is left.
 */
export function tolerantSource(source: PairSource, warn: (line: string) => void): PairSource {
  const broken = new Set<number>();
  return {
    count: source.count,
    async load(index) {
      for (let i = 0; i < source.count; i++) {
        const at = (index + i) % source.count;
        if (broken.has(at)) continue;
        try {
          return await source.load(at);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          broken.add(at);
          warn(`${messageOf(error)}; left out (${broken.size} of ${source.count} pairs so far)`);
        }
      }
      throw new UserError(`none of the ${source.count} pairs can be read any more`);
    },
  };
}

/**
 * Pairs to train on and pairs to judge by. Where the folder has val or test splits, those are held out; else the last
 * `heldOut` pairs of each concept in natural order, because neighbouring names often show one subject, so that a
 * random choice would leak it.
 */
export function splitPairs(pairs: readonly Pair[], heldOut: number): { train: Pair[]; heldOut: Pair[] } {
  const isJudged = (pair: Pair) => pair.split === 'val' || pair.split === 'test';
  const held = pairs.some(isJudged) ? new Set(pairs.filter(isJudged)) : lastOfEachConcept(pairs, heldOut);
  return { train: pairs.filter((p) => !held.has(p)), heldOut: pairs.filter((p) => held.has(p)) };
}

function lastOfEachConcept(pairs: readonly Pair[], count: number): Set<Pair> {
  const taken = new Map<string | undefined, number>();
  const last = new Set<Pair>();
  for (const pair of [...pairs].reverse()) {
    const before = taken.get(pair.concept) ?? 0;
    taken.set(pair.concept, before + 1);
    if (before < count) last.add(pair);
  }
  return last;
}

/**
 * The pairs of one concept; `concept` may be left out where there is only one.
 * @throws UserError naming `--concept` and the concepts there are
 */
export function pairsOfConcept(pairs: readonly Pair[], concept: string | undefined): Pair[] {
  const names = [...new Set(pairs.flatMap((pair) => pair.concept ?? []))];
  if (concept === undefined && names.length > 1)
    throw usageError(`--concept: the folder holds several (${names.join(', ')}); choose one`);
  const chosen = concept === undefined ? [...pairs] : pairs.filter((pair) => pair.concept === concept);
  if (chosen.length > 0) return chosen;
  const there = names.length > 0 ? `there are ${names.join(', ')}` : 'it names no concepts';
  throw usageError(`--concept: the folder has no concept ${concept}; ${there}`);
}
