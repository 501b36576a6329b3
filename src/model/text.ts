/** Tokens of an embedded prompt, as CLIP's text tower gives them. */
export const PROMPT_TOKENS = 77;

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Standard normal values from a seed: twelve uniform draws less six, so that no function differs among machines. */
function gaussians(seed: number, count: number): Float32Array {
  let state = seed;
  const draw = () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4294967296;
  };
  return Float32Array.from({ length: count }, () => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += draw();
    return sum;
  });
}

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
  const vectors = words.map((word) => gaussians(hash(word), width));
  const whole = new Float32Array(width);
  for (const v of vectors) for (let i = 0; i < width; i++) whole[i]! += v[i]! / Math.sqrt(vectors.length);
  const out = new Float32Array(PROMPT_TOKENS * width);
  for (let t = 0; t < PROMPT_TOKENS; t++) out.set(vectors[t] ?? whole, t * width);
  return out;
}
