import { FormatError, quoted } from './format_error.ts';
import { type FloatArray, finiteFloats, type NamedArray } from './safetensors.ts';
import { type Arrays, matchArrays } from './weights.ts';

/** Sizes of one tower of CLIP. ViT-B/32's text: 12 layers, width 512, 8 heads; its vision: 12, 768, 12. */
export interface ClipTower {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
}

/** A tower's weights under Hugging Face's names, checked; `projection` may be absent in text towers sold alone. */
export interface ClipFile {
  readonly tower: ClipTower;
  readonly arrays: Arrays;
}

/** Width of one head in all published CLIPs. */
const HEAD = 64;
// Above every published tower; keeps a crafted file from asking for more layers than memory holds.
const MAX_LAYERS = 256;

const affine = (path: string, length: number): [string, number[]][] => [
  [`${path}.weight`, [length]],
  [`${path}.bias`, [length]],
];

const linear = (path: string, inputs: number, outputs: number): [string, number[]][] => [
  [`${path}.weight`, [outputs, inputs]],
  [`${path}.bias`, [outputs]],
];

function layerShapes(path: string, width: number, hidden: number): [string, number[]][] {
  return [
    ...affine(`${path}.layer_norm1`, width),
    ...['q', 'k', 'v', 'out'].flatMap((p) => linear(`${path}.self_attn.${p}_proj`, width, width)),
    ...affine(`${path}.layer_norm2`, width),
    ...linear(`${path}.mlp.fc1`, width, hidden),
    ...linear(`${path}.mlp.fc2`, hidden, width),
  ];
}

type Tensors = ReadonlyMap<string, NamedArray>;

function shapeOf(tensors: Tensors, name: string, dimensions: number): readonly number[] {
  const found = tensors.get(name)?.shape;
  if (found?.length === dimensions) return found;
  throw new FormatError(
    `it has no tensor ${quoted(name)} of ${dimensions} dimensions: it is not CLIP as Hugging Face names it`,
  );
}

/** Depth and MLP width of a tower whose residual stream is `width` wide, and the shapes of its layers. */
function encoder(tensors: Tensors, prefix: string, width: number, heads: number | undefined) {
  const path = (i: number) => `${prefix}.encoder.layers.${i}`;
  let layers = 0;
  while (layers < MAX_LAYERS && tensors.has(`${path(layers)}.mlp.fc1.weight`)) layers++;
  const [hidden] = shapeOf(tensors, `${path(0)}.mlp.fc1.weight`, 2) as [number];
  const tower = { layers, width, heads: heads ?? width / HEAD };
  if (!Number.isInteger(tower.heads) || !Number.isInteger(width / tower.heads))
    throw new FormatError(`${tower.heads} heads do not share a width of ${width}`);
  const shapes = Array.from({ length: layers }, (_, i) => layerShapes(path(i), width, hidden)).flat();
  return { tower, shapes };
}

/** The tensors of a tower and its projection as floats. @throws FormatError where names or shapes differ */
function towerArrays(tensors: Tensors, prefix: string, projection: string, shapes: [string, number[]][]) {
  const own = [...tensors].filter(
    ([name]) => (name.startsWith(`${prefix}.`) && !name.endsWith('.position_ids')) || name === projection,
  );
  const arrays = new Map<string, FloatArray>(own.map(([name, array]) => [name, finiteFloats(name, array)]));
  matchArrays(new Map(shapes), arrays);
  return arrays;
}

/**
 * The text tower of a file: `text_model.*` and, where it has one, `text_projection.weight`.
 *
 * @param heads - width / 64 where left out
 * @throws FormatError naming the tensor that is missing or does not fit
 */
export function clipText(tensors: Tensors, heads?: number): ClipFile {
  const name = 'text_model.embeddings';
  const [vocabulary, width] = shapeOf(tensors, `${name}.token_embedding.weight`, 2) as [number, number];
  const [positions] = shapeOf(tensors, `${name}.position_embedding.weight`, 2) as [number];
  const { tower, shapes } = encoder(tensors, 'text_model', width, heads);
  const projection = tensors.get('text_projection.weight');
  const arrays = towerArrays(tensors, 'text_model', 'text_projection.weight', [
    [`${name}.token_embedding.weight`, [vocabulary, width]],
    [`${name}.position_embedding.weight`, [positions, width]],
    ...shapes,
    ...affine('text_model.final_layer_norm', width),
    ...(projection ? [['text_projection.weight', [projection.shape[0]!, width]] as [string, number[]]] : []),
  ]);
  return { tower, arrays };
}

/**
 * The image tower of a file: `vision_model.*` and `visual_projection.weight`.
 *
 * @param heads - width / 64 where left out
 * @throws FormatError naming the tensor that is missing or does not fit
 */
export function clipVision(tensors: Tensors, heads?: number): ClipFile {
  const name = 'vision_model.embeddings';
  const [width, , patch] = shapeOf(tensors, `${name}.patch_embedding.weight`, 4) as [number, number, number];
  const [positions] = shapeOf(tensors, `${name}.position_embedding.weight`, 2) as [number];
  const [out] = shapeOf(tensors, 'visual_projection.weight', 2) as [number];
  const { tower, shapes } = encoder(tensors, 'vision_model', width, heads);
  const arrays = towerArrays(tensors, 'vision_model', 'visual_projection.weight', [
    [`${name}.class_embedding`, [width]],
    [`${name}.patch_embedding.weight`, [width, 3, patch, patch]],
    [`${name}.position_embedding.weight`, [positions, width]],
    // Spelled so in every published file.
    ...affine('vision_model.pre_layrnorm', width),
    ...shapes,
    ...affine('vision_model.post_layernorm', width),
    ['visual_projection.weight', [out, width]],
  ]);
  return { tower, arrays };
}
