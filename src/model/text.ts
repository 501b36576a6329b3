import { gaussians, hashText } from './seeded.ts';

/** Tokens of an embedded prompt, as CLIP's text tower gives them. */
export const PROMPT_TOKENS = 77;

/**
 * A stand-in for CLIP's text tower where its weights are absent: each word is a fixed random direction, and the places
 * after the last word hold the normalised sum of all words, so that prompts which share words are alike. It knows no
 * meaning: `autumn` and `fall` are strangers.
 *
 * @param width - values per token, as the generator's `context`
 * @returns `[77, width]`, unit variance
 */
export function hashedPrompt(prompt: string, width: number): Float32Array {
  const words =
    prompt
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, PROMPT_TOKENS - 1) ?? [];
  const vectors = words.map((word) => gaussians(hashText(word), width));
  const whole = new Float32Array(width);
  for (const v of vectors) for (let i = 0; i < width; i++) whole[i]! += v[i]! / Math.sqrt(vectors.length);
  const out = new Float32Array(PROMPT_TOKENS * width);
  for (let t = 0; t < PROMPT_TOKENS; t++) out.set(vectors[t] ?? whole, t * width);
  return out;
}
