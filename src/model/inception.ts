import type { Gpu } from '../runtime/gpu.ts';
import { activation } from '../runtime/ops/activation.ts';
import { avgPool2d } from '../runtime/ops/avg_pool2d.ts';
import { concat } from '../runtime/ops/concat.ts';
import { maxPool2d } from '../runtime/ops/max_pool2d.ts';
import { mean } from '../runtime/ops/reduce.ts';
import type { Program } from '../runtime/program.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { FrozenWeights } from './frozen.ts';
import {
  INCEPTION_BLOCKS,
  INCEPTION_STEM,
  type InceptionConv,
  type InceptionFile,
  type InceptionStep,
} from './inception_spec.ts';
import { Layers } from './layers.ts';
import type { Picture } from './picture.ts';
import { resampleSquare } from './resample.ts';
import type { FloatArray } from './safetensors.ts';
import type { Arrays } from './weights.ts';

/** Edge of the pictures that the network sees. */
export const INCEPTION_SIZE = 299;
const EPS = 1e-3;

/**
 * Convolutions with their batch norms taken in: w' = w g / sqrt(var + 0.001), b' = beta - mean g / sqrt(var + 0.001).
 * @returns `<name>.weight` and `<name>.bias`
 */
export function foldBatchNorm(arrays: Arrays): Map<string, FloatArray> {
  const folded = new Map<string, FloatArray>();
  for (const [key, { shape, data }] of arrays) {
    if (!key.endsWith('.conv.weight')) continue;
    const path = key.slice(0, -'.conv.weight'.length);
    const [gain, beta, mu, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
      (part) => arrays.get(`${path}.bn.${part}`)!.data,
    ) as [Float32Array, Float32Array, Float32Array, Float32Array];
    const factor = Float64Array.from(gain, (g, o) => g / Math.sqrt(variance[o]! + EPS));
    const size = data.length / shape[0]!;
    const weight = data.map((w, i) => w * factor[Math.floor(i / size)]!);
    const bias = beta.map((b, o) => b - mu[o]! * factor[o]!);
    folded.set(`${path}.weight`, { shape, data: weight });
    folded.set(`${path}.bias`, { shape: [bias.length], data: bias });
  }
  return folded;
}

const POOL_SAME = { kernel: [3, 3], stride: [1, 1], padding: [1, 1] } as const;

/** The network being traced: how it pools is what tells the two variants apart. */
class Tracing {
  readonly #layers: Layers;
  readonly #variant: InceptionFile['variant'];

  constructor(layers: Layers, variant: InceptionFile['variant']) {
    this.#layers = layers;
    this.#variant = variant;
  }

  #conv(prefix: string, { name, kernel, stride, valid }: InceptionConv, x: Tensor): Tensor {
    const padding = valid ? ([0, 0] as const) : ([(kernel[0] - 1) / 2, (kernel[1] - 1) / 2] as const);
    const y = this.#layers.conv2d(null, prefix + name, x, { stride: [stride, stride], padding });
    return activation(null, y, 'relu');
  }

  step(prefix: string, step: InceptionStep, x: Tensor): Tensor {
    const isFid = this.#variant === 'fid';
    if (step === 'maximum') return maxPool2d(null, x, { kernel: [3, 3], stride: [2, 2] });
    if (step === 'pool' && isFid) return maxPool2d(null, x, POOL_SAME);
    if (typeof step === 'string') return avgPool2d(null, x, { ...POOL_SAME, countIncludePad: !isFid });
    if ('name' in step) return this.#conv(prefix, step, x);
    return concat(
      null,
      step.map((part) => this.#conv(prefix, part, x)),
    );
  }

  run(prefix: string, steps: readonly InceptionStep[], x: Tensor): Tensor {
    return steps.reduce((y, step) => this.step(prefix, step, y), x);
  }
}

/**
 * Inception-V3 up to pool3, the mean of the last block over all places.
 *
 * @param layers - weights by {@link foldBatchNorm}
 * @param x - `[n, 299, 299, 3]` in [-1, 1]
 * @returns `[n, 2048]`
 * @throws ShapeError
 */
export function inceptionForward(layers: Layers, variant: InceptionFile['variant'], x: Tensor): Tensor {
  const tracing = new Tracing(layers, variant);
  let y = tracing.run('', INCEPTION_STEM, x);
  for (const { name, branches } of INCEPTION_BLOCKS) {
    const parts = branches.map((steps) => tracing.run(`${name}.`, steps, y));
    y = concat(null, parts);
  }
  const [n, , , c] = y.shape as [number, number, number, number];
  return mean(null, y, [n, 1, 1, c]).view([n, c]);
}

/** A picture as pytorch-fid feeds it: bilinear to 299 x 299 without antialiasing, x / 127.5 - 1. */
export function inceptionInput(picture: Picture): Float32Array {
  return Float32Array.from(resampleSquare(picture, INCEPTION_SIZE, 'bilinear'), (byte) => byte / 127.5 - 1);
}

/** Inception-V3 on a device. */
export class InceptionEncoder {
  /** Values of a feature: 2048. */
  readonly dimensions: number;
  readonly #program: Program;
  readonly #weights: FrozenWeights;

  private constructor(program: Program, weights: FrozenWeights, dimensions: number) {
    this.#program = program;
    this.#weights = weights;
    this.dimensions = dimensions;
  }

  /** @throws KernelError */
  static async create(gpu: Gpu, { arrays, variant }: InceptionFile): Promise<InceptionEncoder> {
    const weights = new FrozenWeights(gpu, foldBatchNorm(arrays));
    const layers = new Layers(weights.tensors);
    let dimensions = 0;
    const program = await gpu.compile(() => {
      const x = gpu.input('x', [1, INCEPTION_SIZE, INCEPTION_SIZE, 3]);
      const y = inceptionForward(layers, variant, x);
      dimensions = y.shape[1]!;
      return { y };
    });
    return new InceptionEncoder(program, weights, dimensions);
  }

  /** pool3 of a picture, `[dimensions]`. */
  async embed(picture: Picture): Promise<Float32Array> {
    return (await this.#program.run({ x: inceptionInput(picture) })).y!;
  }

  dispose(): void {
    this.#program.dispose();
    this.#weights.dispose();
  }
}
