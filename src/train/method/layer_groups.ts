import {
  type GeneratorConfig,
  generatorSpecs,
  type LayerGroup,
  layerGroup,
} from '../../model/generator_spec.ts';
import { parameterShapes } from '../../model/layers.ts';
import { product } from '../../runtime/shape.ts';

/** The seven groups in the order of the forward pass. */
export const LAYER_GROUPS: readonly LayerGroup[] = [
  'down',
  'residual1',
  'ds',
  'transformer',
  'us',
  'residual2',
  'up',
];

/** Paths of a generator's layers, by group. */
export function groupLayers(config: GeneratorConfig): Map<LayerGroup, string[]> {
  const groups = new Map(LAYER_GROUPS.map((group) => [group, [] as string[]]));
  for (const { path } of generatorSpecs(config)) groups.get(layerGroup(path))!.push(path);
  return groups;
}

/** Numbers of weights, by group. */
export function groupWeights(config: GeneratorConfig): Map<LayerGroup, number> {
  const weights = new Map(LAYER_GROUPS.map((group) => [group, 0]));
  for (const spec of generatorSpecs(config)) {
    const group = layerGroup(spec.path);
    const own = [...parameterShapes([spec]).values()].reduce((sum, shape) => sum + product(shape), 0);
    weights.set(group, weights.get(group)! + own);
  }
  return weights;
}
