import { drawHouse } from './buildings.ts';
import { drawTree } from './foliage.ts';
import { drawGround } from './ground.ts';
import { drawSky } from './heavens.ts';
import { drawLayout } from './layout.ts';
import { openSamples, type Samples } from './samples.ts';
import { castShadows } from './shadows.ts';

/** The scene of a seed as geometry, for a picture of `size` x `size` pixels: what every concept starts from. */
export function buildSamples(seed: number, size: number): Samples {
  const samples = openSamples(drawLayout(seed), size);
  drawGround(samples, castShadows(samples.layout));
  for (const house of samples.layout.houses) drawHouse(samples, house);
  for (const tree of samples.layout.trees) drawTree(samples, tree);
  drawSky(samples);
  return samples;
}
