import { updateNorm, updateShape } from '../../model/adapter_update.ts';
import { weightCount } from '../../model/counts.ts';
import { generatorSpecs } from '../../model/generator_spec.ts';
import { matchAdapter } from '../../model/match_adapter.ts';
import { modulesOf } from '../adapter_argument.ts';
import { type BaseModel, readBaseModel, SHIPPED_BASE } from '../base_model.ts';
import { escapeControl } from '../errors.ts';
import { printTable } from '../table.ts';
import { aboutAdapter, storedTypes } from './about.ts';
import { inPath, readStoredAdapter, type StoredAdapter } from './stored.ts';

/** Options of `inspect`, as commander parses them. */
export interface InspectOptions {
  readonly base?: string;
  readonly json?: boolean;
}

/** Frobenius norm of a weight. */
const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));

/** Rows of all layers, by path. */
function layersOf(stored: StoredAdapter, base: BaseModel | null) {
  const dtypes = storedTypes(stored);
  return [...stored.adapter.layers].map(([path, layer]) => {
    const { A, B, rank, scale, transposed } = layer;
    const change = updateNorm(layer);
    const weight = base?.generator.weights.get(`${path}.weight`);
    return {
      path,
      shape: updateShape(layer),
      transposed,
      rank,
      alpha: scale * rank,
      scale,
      dtype: dtypes.get(path)!,
      weights: A.data.length + B.data.length,
      norm: change,
      ...(weight ? { relative: change / norm(weight.data) } : {}),
    };
  });
}

/** All that can be told of an adapter. `share` is of the base's weights, null where their number is not known. */
function describeAdapter(stored: StoredAdapter, base: BaseModel | null) {
  const about = aboutAdapter(stored);
  const baseWeights = base ? weightCount(generatorSpecs(base.generator.config)) : about.base.weights;
  const layers = layersOf(stored, base);
  return {
    ...about,
    base: { ...about.base, weights: baseWeights },
    format: stored.format,
    share: baseWeights === null ? null : about.weights / baseWeights,
    norm: Math.hypot(...layers.map((layer) => layer.norm)),
    layers,
  };
}

function print(about: ReturnType<typeof describeAdapter>): void {
  const { base, share } = about;
  const part = share === null ? '' : ` (${(100 * share).toFixed(2)} % of the base's ${base.weights})`;
  const lines = [
    `${about.name}: prompt ${JSON.stringify(about.prompt)}`,
    `base     ${base.name ?? 'not named'}, sha256 ${base.sha256 ?? 'not told'}`,
    `weights  ${about.weights}${part}, ${about.bytes} bytes, sha256 ${about.sha256}`,
    `trained  ${about.train_pairs ?? 'not told how many'} pairs, pictures of ${about.image_size ?? 'unknown'} pixels`,
  ];
  console.log(lines.map(escapeControl).join('\n'));
  const relative = about.layers.some((layer) => layer.relative !== undefined);
  const columns = ['layer', 'weight', 'rank', 'alpha', 'type', 'weights', 'norm of change'];
  printTable(
    relative ? [...columns, 'share of weight'] : columns,
    about.layers.map(({ path, shape, rank, alpha, dtype, weights, norm: change, relative: part }) => [
      escapeControl(path),
      shape.join(' x '),
      rank,
      Number(alpha.toPrecision(4)),
      dtype,
      weights,
      change.toPrecision(4),
      ...(relative ? [`${(100 * (part ?? 0)).toFixed(2)} %`] : []),
    ]),
  );
}

/** `e2gan adapter inspect ADAPTER`: what an adapter is and how much it changes. @throws UserError */
export async function inspect(path: string, options: InspectOptions): Promise<void> {
  const given = options.base === undefined ? null : await readBaseModel(options.base);
  const stored = await readStoredAdapter(path, async () => [
    ...modulesOf(given ?? (await readBaseModel(SHIPPED_BASE))).keys(),
  ]);
  if (given) inPath(path, () => matchAdapter(stored.adapter, modulesOf(given)));
  const about = describeAdapter(stored, given);
  if (options.json) console.log(JSON.stringify({ path, ...about }, null, 2));
  else print(about);
}
