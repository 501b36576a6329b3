import { hashedPrompt } from '../model/text.ts';
import type { PairSource, PromptedPair } from './loop.ts';
import { renderPair, sceneConcepts } from './scenes/scenes.ts';

/** Which of the built-in scenes make up a data set: `scenes` seeds from `firstSeed` on, each under every concept. */
export interface SceneSelection {
  readonly firstSeed: number;
  readonly scenes: number;
  readonly concepts: readonly string[];
  /** Edge in pixels. */
  readonly size: number;
  /** Values per token of the prompt. */
  readonly contextWidth: number;
}

/** Pairs of built-in scenes, drawn when first asked for and kept. */
export function sceneSource(selection: SceneSelection): PairSource {
  const { firstSeed, scenes, concepts, size, contextWidth } = selection;
  const prompts = concepts.map((name) => {
    const concept = sceneConcepts.find((c) => c.name === name);
    if (!concept)
      throw new Error(
        `there is no scene concept ${name}; there are ${sceneConcepts.map((c) => c.name).join(', ')}`,
      );
    return hashedPrompt(concept.prompt, contextWidth);
  });
  const kept = new Map<number, PromptedPair>();
  return {
    count: scenes * concepts.length,
    load(index) {
      let pair = kept.get(index);
      if (!pair) {
        const which = index % concepts.length;
        const seed = firstSeed + Math.floor(index / concepts.length);
        pair = { ...renderPair(seed, size, concepts[which]!), context: prompts[which]! };
        kept.set(index, pair);
      }
      return pair;
    },
  };
}
