import {
  type GeneratorConfig,
  generatorSpecs,
  type LayerGroup,
  layerGroup,
} from '../../model/generator_spec.ts';
import { defaultRanks, loraShapes, type Ranks } from '../../model/lora.ts';
import { product } from '../../runtime/shape.ts';
import type { RankGroups } from './rank_search.ts';

/** Groups that E2GAN adapts, late to early, as its rank search goes through them. */
export const ADAPTED_GROUPS: readonly LayerGroup[] = ['up', 'us', 'transformer', 'ds', 'down'];

/** The layers of each group that adapters change by default. */
export function rankGroups(
  config: GeneratorConfig,
  groups: readonly LayerGroup[] = ADAPTED_GROUPS,
): RankGroups {
  const paths = [...defaultRanks(config).keys()];
  return new Map(groups.map((group) => [group, paths.filter((path) => layerGroup(path) === group)]));
}

/** Weights of an adapter. */
export function adapterWeights(config: GeneratorConfig, ranks: Ranks): number {
  const shapes = loraShapes(generatorSpecs(config), ranks);
  return [...shapes.values()].reduce((sum, shape) => sum + product(shape), 0);
}

/** Weights that one rank takes, by group. */
export const weightsPerRank = (config: GeneratorConfig, groups: RankGroups): Map<string, number> =>
  new Map(
    [...groups].map(([group, paths]) => [
      group,
      adapterWeights(config, new Map(paths.map((path) => [path, 1]))),
    ]),
  );
