/** Embeddings of CLIP's two towers, in one space. */
export interface Direction {
  readonly source: ArrayLike<number>;
  readonly edited: ArrayLike<number>;
}

function difference({ source, edited }: Direction): Float64Array {
  return Float64Array.from({ length: source.length }, (_, i) => edited[i]! - source[i]!);
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);

/**
 * CLIP direction score: the cosine between how a picture's embedding moved and how the prompt's did; embeddings of length
 * 1. 0 where one of them did not move.
 *
 * @returns in [-1, 1]
 * @throws RangeError where the two towers' embeddings differ in length
 * @see Gal et al. 2021, StyleGAN-NADA
 */
export function directionScore(picture: Direction, prompt: Direction): number {
  const [p, t] = [difference(picture), difference(prompt)];
  if (p.length !== t.length)
    throw new RangeError(`pictures have ${p.length} values, prompts ${t.length}: they share no space`);
  const lengths = Math.sqrt(dot(p, p) * dot(t, t));
  return lengths > 0 ? dot(p, t) / lengths : 0;
}
