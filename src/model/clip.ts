import { activation } from '../runtime/ops/activation.ts';
import { add } from '../runtime/ops/add.ts';
import { attention } from '../runtime/ops/attention.ts';
import { concat } from '../runtime/ops/concat.ts';
import { layerNorm } from '../runtime/ops/layer_norm.ts';
import { matmul } from '../runtime/ops/matmul.ts';
import { slice } from '../runtime/ops/slice.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { ClipTower } from './clip_spec.ts';
import type { Layers } from './layers.ts';
import type { Arrays } from './weights.ts';

const QUICK = 1.702;

/**
 * The weights with quick GELU's constant in the linear layers around it: x sigmoid(1.702 x) = silu(1.702 x) / 1.702, so
 * fc1 grows by 1.702, fc2's weight shrinks by it, and the activation between them is SiLU.
 */
export function withoutQuickGelu(arrays: Arrays): Arrays {
  const factor = (name: string): number => {
    if (/\.mlp\.fc1\.(weight|bias)$/.test(name)) return QUICK;
    return name.endsWith('.mlp.fc2.weight') ? 1 / QUICK : 1;
  };
  return new Map(
    [...arrays].map(([name, array]) => {
      const by = factor(name);
      return [name, by === 1 ? array : { shape: array.shape, data: array.data.map((v) => v * by) }];
    }),
  );
}

/** Pre-norm transformer layers over tokens `[n, l, width]`, weights by {@link withoutQuickGelu}. */
function encode(layers: Layers, prefix: string, tokens: Tensor, tower: ClipTower, causal: boolean): Tensor {
  let x = tokens;
  for (let i = 0; i < tower.layers; i++) {
    const path = `${prefix}.encoder.layers.${i}`;
    const normed = layerNorm(null, x, layers.norm(`${path}.layer_norm1`));
    const [q, k, v] = ['q', 'k', 'v'].map((p) => layers.linear(null, `${path}.self_attn.${p}_proj`, normed));
    const seen = attention(null, q!, k!, v!, { heads: tower.heads, causal });
    x = layers.linear(null, `${path}.self_attn.out_proj`, seen, x);
    const hidden = layers.linear(
      null,
      `${path}.mlp.fc1`,
      layerNorm(null, x, layers.norm(`${path}.layer_norm2`)),
    );
    x = layers.linear(null, `${path}.mlp.fc2`, activation(null, hidden, 'silu'), x);
  }
  return x;
}

/**
 * CLIP's text tower after the embeddings: causal, every layer pre-norm, one norm at the end.
 *
 * @param x - token plus position embeddings, `[1, l, width]`
 * @param end - `[1, l]`, 1 at the end-of-text token and 0 elsewhere
 * @returns `tokens` `[1, l, width]` after the last norm; `pooled`, the end token's row, projected where there is a
 * projection, `[1, width of the projection]`
 * @see Radford et al. 2021 (CLIP), section 2.4
 */
export function clipTextForward(
  layers: Layers,
  tower: ClipTower,
  x: Tensor,
  end: Tensor,
  projected: boolean,
): { tokens: Tensor; pooled: Tensor } {
  const [, length, width] = x.shape as [number, number, number];
  const y = encode(layers, 'text_model', x, tower, true);
  const tokens = layerNorm(null, y, layers.norm('text_model.final_layer_norm'));
  const row = matmul(null, end, tokens.view([length, width]));
  return { tokens, pooled: projected ? layers.linear(null, 'text_projection', row) : row };
}

/** Parameters of the image tower that belong to no layer. */
export interface ClipVisionEmbeddings {
  /** `[1, width]` */
  readonly classToken: Tensor;
  /** `[1 + patches, width]` */
  readonly positions: Tensor;
}

/**
 * CLIP's image tower: patches as tokens behind a class token, whose last state is projected.
 *
 * @param x - `[1, size, size, 3]`, normalised
 * @returns `[1, width of the projection]`
 * @throws ShapeError where the picture's patches are not as many as the position embeddings
 */
export function clipVisionForward(
  layers: Layers,
  tower: ClipTower,
  x: Tensor,
  patch: number,
  { classToken, positions }: ClipVisionEmbeddings,
): Tensor {
  const { width } = tower;
  const name = 'vision_model.embeddings.patch_embedding';
  const patches = layers.conv2d(null, name, x, { stride: [patch, patch] });
  const count = patches.rows;
  const tokens = concat(null, [classToken, patches.view([count, width])], 'first');
  const placed = add(null, tokens, positions).view([1, count + 1, width]);
  const normed = layerNorm(null, placed, layers.norm('vision_model.pre_layrnorm'));
  const y = encode(layers, 'vision_model', normed, tower, false).view([count + 1, width]);
  const first = slice(null, y, 0, 1, 'first');
  const pooled = layerNorm(null, first, layers.norm('vision_model.post_layernorm'));
  return layers.linear(null, 'visual_projection', pooled);
}
