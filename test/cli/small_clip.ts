import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type NamedArray, writeSafetensors } from '../../src/model/safetensors.ts';
import { Random } from '../../src/train/random.ts';
import { clipTokenizerJson } from '../model/clip_tokenizer_json.ts';

/** Tokens of the tokenizer: 512 bytes, no merges, start and end. */
const VOCABULARY = 514;
const WIDTH = 64;
const PROJECTION = 16;

type Shapes = Record<string, readonly number[]>;

const affine = (path: string): Shapes => ({ [`${path}.weight`]: [WIDTH], [`${path}.bias`]: [WIDTH] });
const square = (path: string): Shapes => ({ [`${path}.weight`]: [WIDTH, WIDTH], [`${path}.bias`]: [WIDTH] });

function layer(path: string): Shapes {
  const products = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.out_proj'];
  const all = [...products, 'mlp.fc1', 'mlp.fc2'].map((name) => square(`${path}.${name}`));
  return Object.assign({}, affine(`${path}.layer_norm1`), affine(`${path}.layer_norm2`), ...all);
}

const TEXT: Shapes = {
  'text_model.embeddings.token_embedding.weight': [VOCABULARY, WIDTH],
  'text_model.embeddings.position_embedding.weight': [77, WIDTH],
  ...layer('text_model.encoder.layers.0'),
  ...affine('text_model.final_layer_norm'),
  'text_projection.weight': [PROJECTION, WIDTH],
};

const VISION: Shapes = {
  'vision_model.embeddings.class_embedding': [WIDTH],
  'vision_model.embeddings.patch_embedding.weight': [WIDTH, 3, 16, 16],
  'vision_model.embeddings.position_embedding.weight': [5, WIDTH],
  ...affine('vision_model.pre_layrnorm'),
  ...layer('vision_model.encoder.layers.0'),
  ...affine('vision_model.post_layernorm'),
  'visual_projection.weight': [PROJECTION, WIDTH],
};

/** Writes a CLIP of one layer a tower, random, for 32 x 32 pictures, and its tokenizer beside. @returns its path */
export async function writeSmallClip(folder: string): Promise<string> {
  const random = new Random('small clip');
  const draw = (shape: readonly number[]): NamedArray => ({
    dtype: 'F32',
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0.2 * random.normal()),
  });
  const tensors = new Map(Object.entries({ ...TEXT, ...VISION }).map(([name, s]) => [name, draw(s)]));
  tensors.set('logit_scale', { dtype: 'F32', shape: [], data: Float32Array.of(4.6) });
  const path = join(folder, 'clip.safetensors');
  await writeFile(path, writeSafetensors(tensors));
  await writeFile(join(folder, 'tokenizer.json'), clipTokenizerJson([]));
  return path;
}
