import { activation } from '../runtime/ops/activation.ts';
import { add } from '../runtime/ops/add.ts';
import { attention } from '../runtime/ops/attention.ts';
import { avgPool2d } from '../runtime/ops/avg_pool2d.ts';
import { cast } from '../runtime/ops/cast.ts';
import { concat } from '../runtime/ops/concat.ts';
import { geglu } from '../runtime/ops/geglu.ts';
import { instanceNorm } from '../runtime/ops/instance_norm.ts';
import { layerNorm } from '../runtime/ops/layer_norm.ts';
import { mul, scale } from '../runtime/ops/mul.ts';
import { slice } from '../runtime/ops/slice.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import type { GeneratorConfig } from './generator_spec.ts';
import type { Layers } from './layers.ts';

const DOWN = { stride: [2, 2], padding: [1, 1] } as const;
const UP = { stride: [2, 2], padding: [1, 1], outputPadding: [1, 1] } as const;
const REFLECT1 = { padding: [1, 1], paddingMode: 'reflect' } as const;
const REFLECT2 = { padding: [2, 2], paddingMode: 'reflect' } as const;
const REFLECT3 = { padding: [3, 3], paddingMode: 'reflect' } as const;
const NORM_RELU = { activation: 'relu' } as const;

/** reflect pad, conv3, IN, ReLU, reflect pad, conv3, IN, plus x; no ReLU after the sum (pix2pix). */
function residualBlock(tape: Tape | null, layers: Layers, path: string, x: Tensor): Tensor {
  const inner = layers.conv2d(tape, `${path}.conv1`, x, REFLECT1);
  const outer = layers.conv2d(tape, `${path}.conv2`, instanceNorm(tape, inner, null, NORM_RELU), REFLECT1);
  return instanceNorm(tape, outer, null, { residual: x });
}

/** t + out(attention(q(LN t), k(source), v(source))); source is LN t itself, or the context. */
function attend(
  tape: Tape | null,
  layers: Layers,
  path: string,
  ln: string,
  t: Tensor,
  context: Tensor | null,
  heads: number,
): Tensor {
  const normed = layerNorm(tape, t, layers.norm(ln));
  const source = context ?? normed;
  const q = layers.linear(tape, `${path}.q`, normed);
  const k = layers.linear(tape, `${path}.k`, source);
  const v = layers.linear(tape, `${path}.v`, source);
  return layers.linear(tape, `${path}.out`, attention(tape, q, k, v, { heads }), t);
}

/** One transformer block over the pixels as tokens: self-attention, cross-attention to the prompt, GEGLU. */
function transformerBlock(
  tape: Tape | null,
  layers: Layers,
  x: Tensor,
  context: Tensor,
  heads: number,
): Tensor {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const tokens = x.view([n, h * w, c]);
  let t = layers.linear(tape, 'tb.proj_in', tokens);
  t = attend(tape, layers, 'tb.self', 'tb.ln1', t, null, heads);
  t = attend(tape, layers, 'tb.cross', 'tb.ln2', t, context, heads);
  const hidden = geglu(tape, layers.linear(tape, 'tb.ff.in', layerNorm(tape, t, layers.norm('tb.ln3'))));
  t = layers.linear(tape, 'tb.ff.out', hidden, t);
  return layers.linear(tape, 'tb.proj_out', t, tokens).view(x.shape);
}

// Detail is fainter than tone by about this much; even, both are learned equally fast.
const DETAIL = 4;

/** The picture beside its detail of one and of three pixels: `[x, 4 (x - box3 x), 4 (box3 x - box7 x)]`, 9 channels. */
function bands(tape: Tape | null, x: Tensor): Tensor {
  const box = (edge: number) => {
    const padding = [(edge - 1) / 2, (edge - 1) / 2] as const;
    return avgPool2d(tape, x, { kernel: [edge, edge], stride: [1, 1], padding, countIncludePad: false });
  };
  const detail = (sharp: Tensor, soft: Tensor) =>
    add(tape, scale(tape, sharp, DETAIL), scale(tape, soft, -DETAIL));
  const [fine, broad] = [box(3), box(7)];
  return concat(tape, [x, detail(x, fine), detail(fine, broad)]);
}

/**
 * x + mix(bands x) + a + b x, where a is the first half of the head's channels and b the second: mix sets tone and
 * sharpness of the whole picture, a and b paint and gain of each pixel. Untouched where all are 0.
 */
function retouched(tape: Tape | null, layers: Layers, head: Tensor, x: Tensor, seen: Tensor): Tensor {
  const toned = add(tape, x, layers.conv2d(tape, 'mix', seen, {}));
  return add(tape, add(tape, toned, slice(tape, head, 0, 3)), mul(tape, slice(tape, head, 3, 3), x));
}

/**
 * Picture to picture.
 *
 * @param picture - `[n, h, w, 3]` in [-1, 1]; h and w multiples of 8
 * @param prompt - the prompt's token embeddings, `[n, tokens, config.context]`
 * @returns `[n, h, w, 3]`, in (-1, 1) without skips; with them it may leave the range, and pictures are clamped
 * @throws ShapeError
 * @see Gong et al. 2024 (E2GAN), figure 3
 */
export function generatorForward(
  tape: Tape | null,
  layers: Layers,
  config: GeneratorConfig,
  picture: Tensor,
  prompt: Tensor,
): Tensor {
  const { skips } = config;
  const [x, context] = [picture, prompt].map((t) => cast(tape, t, t.gpu.storage)) as [Tensor, Tensor];
  const norm = (y: Tensor) => instanceNorm(tape, y, null, NORM_RELU);
  const up = (path: string, y: Tensor, skip: Tensor) => {
    const made = layers.convTranspose2d(tape, path, y, UP);
    return skips ? activation(tape, add(tape, made, skip), 'relu') : norm(made);
  };
  const seen = skips ? bands(tape, x) : x;
  const stem = layers.conv2d(tape, 'stem', seen, skips ? REFLECT2 : REFLECT3);
  const half = layers.conv2d(tape, 'down1', norm(stem), DOWN);
  let y = norm(layers.conv2d(tape, 'down2', norm(half), DOWN));
  y = residualBlock(tape, layers, 'rb1', y);
  const trunk = residualBlock(tape, layers, 'rb2', y);
  y = norm(layers.conv2d(tape, 'ds', trunk, DOWN));
  y = transformerBlock(tape, layers, y, context, config.heads);
  y = up('us', y, trunk);
  y = residualBlock(tape, layers, 'rb3', y);
  y = up('up1', y, half);
  y = up('up2', y, stem);
  const painted = layers.conv2d(tape, 'head', y, REFLECT3);
  const made = skips ? retouched(tape, layers, painted, x, seen) : activation(tape, painted, 'tanh');
  return cast(tape, made, 'f32');
}
