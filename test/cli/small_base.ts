import { writeFile } from 'node:fs/promises';
import { type GeneratorConfig, generatorSpecs } from '../../src/model/generator_spec.ts';
import { writeGenerator } from '../../src/model/network_file.ts';
import { initialWeights } from '../../src/train/init.ts';
import { Random } from '../../src/train/random.ts';

/** The smallest generator that has every layer; a step on it is all overhead. */
export const SMALL: GeneratorConfig = { width: 4, heads: 1, context: 8, skips: true };

/** Writes a base with random weights. */
export async function writeSmallBase(path: string, seed = 1): Promise<void> {
  const weights = initialWeights(generatorSpecs(SMALL), new Random(seed));
  await writeFile(
    path,
    writeGenerator({ config: SMALL, weights, about: new Map([['e2gan.name', 'small']]) }),
  );
}
