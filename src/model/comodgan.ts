import { activation } from '../runtime/ops/activation.ts';
import { add } from '../runtime/ops/add.ts';
import { concat } from '../runtime/ops/concat.ts';
import { mul, scale } from '../runtime/ops/mul.ts';
import { rmsNorm } from '../runtime/ops/rms_norm.ts';
import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import {
  type ComodganConfig,
  channelsAt,
  MAPPING_LAYERS,
  MAPPING_RATE,
  resolutions,
} from './comodgan_spec.ts';
import { equalizedConv, equalizedDown, equalizedLinear, LEAKY_GAIN, SLOPE } from './equalized.ts';
import type { Layers } from './layers.ts';
import { modulatedConv } from './modulated_conv.ts';
import { upsample } from './resample_filter.ts';
import { gaussians } from './seeded.ts';

/** The random numbers of one training step. */
export interface Chance {
  /** `[n, width]`, N(0, 1). */
  readonly z: Tensor;
  /** `[n, 2 width]`: 0 or 2, each half of the time. */
  readonly dropout: Tensor;
  /** `[n, edge, edge, 1]`, N(0, 1), by the path of the convolution that it is added to. */
  readonly noise: ReadonlyMap<string, Tensor>;
}

const Z_SEED = 1;

const leaky = (tape: Tape | null, x: Tensor): Tensor => activation(tape, x, 'leaky_relu', SLOPE);

const LEAKY = { gain: LEAKY_GAIN } as const;

/** z to w: eight layers, from a z brought to length √width. */
function mapping(tape: Tape | null, layers: Layers, z: Tensor): Tensor {
  let w = rmsNorm(tape, z, null, { eps: 1e-8 });
  for (let i = 0; i < MAPPING_LAYERS; i++)
    w = leaky(tape, equalizedLinear(tape, layers, `mapping.${i}`, w, { ...LEAKY, rate: MAPPING_RATE }));
  return w;
}

/** Features of the picture by resolution, and what the whole picture comes to, `[n, 2 width]`. */
function encode(tape: Tape | null, layers: Layers, config: ComodganConfig, picture: Tensor) {
  const features = new Map<number, Tensor>();
  let x = leaky(tape, equalizedConv(tape, layers, 'encoder.rgb', picture, LEAKY));
  for (const edge of resolutions(config)) {
    x = leaky(tape, equalizedConv(tape, layers, `encoder.b${edge}.conv`, x, LEAKY));
    features.set(edge, x);
    x = leaky(tape, equalizedDown(tape, layers, `encoder.b${edge}.down`, x, LEAKY));
  }
  x = leaky(tape, equalizedConv(tape, layers, 'encoder.b4.conv', x, LEAKY));
  features.set(4, x);
  const flat = x.view([x.shape[0]!, 16 * channelsAt(config, 4)]);
  return { features, whole: leaky(tape, equalizedLinear(tape, layers, 'encoder.dense', flat, LEAKY)) };
}

/** The synthesis network while it is traced: every convolution is modulated by one and the same style. */
class Synthesis {
  readonly #tape: Tape | null;
  readonly #layers: Layers;
  readonly #style: Tensor;
  readonly #noise: Chance['noise'] | null;

  constructor(tape: Tape | null, layers: Layers, style: Tensor, noise: Chance['noise'] | null) {
    this.#tape = tape;
    this.#layers = layers;
    this.#style = style;
    this.#noise = noise;
  }

  #modulated(path: string, x: Tensor, options: Parameters<typeof modulatedConv>[4]): Tensor {
    const style = equalizedLinear(this.#tape, this.#layers, `${path}.style`, this.#style);
    const s = add(this.#tape, style, x.gpu.scalar(1));
    const { weight } = this.#layers.raw(path);
    return x.gpu.scope(path, () => modulatedConv(this.#tape, x, weight, s, options));
  }

  #withNoise(path: string, y: Tensor): Tensor {
    const noise = this.#noise?.get(path);
    if (!noise) return y;
    const strength = scale(this.#tape, this.#layers.raw(`${path}.noise`).weight, LEAKY_GAIN);
    return add(this.#tape, y, scale(this.#tape, noise, strength));
  }

  /** Convolution, noise, bias, leaky ReLU. */
  layer(path: string, x: Tensor, up: boolean): Tensor {
    const y = this.#modulated(path, x, { up, demodulate: true, gain: LEAKY_GAIN });
    const bias = scale(this.#tape, this.#layers.raw(path).bias!, LEAKY_GAIN);
    return leaky(this.#tape, add(this.#tape, this.#withNoise(path, y), bias));
  }

  rgb(path: string, x: Tensor): Tensor {
    const y = this.#modulated(path, x, { up: false, demodulate: false, gain: 1 });
    return add(this.#tape, y, this.#layers.raw(path).bias!);
  }
}

/**
 * Co-Mod-GAN as a picture-to-picture network: the source picture's features are added to the synthesis network's at every
 * resolution, and what it comes to as a whole modulates every convolution together with w.
 *
 * @param x - `[n, edge, edge, 3]`
 * @param chance - this step's random numbers; null for edits: one fixed z, no noise, nothing dropped
 * @returns `[n, edge, edge, 3]`, not limited to [-1, 1]
 * @see Zhao et al. 2021 (Co-Mod-GAN), section 3; Karras et al. 2020 (StyleGAN2)
 */
export function comodganForward(
  tape: Tape | null,
  layers: Layers,
  config: ComodganConfig,
  x: Tensor,
  chance: Chance | null,
): Tensor {
  const { width } = config;
  const n = x.shape[0]!;
  const fixed = () =>
    x.gpu.constant(`z ${n} ${width}`, [n, width], () => repeated(gaussians(Z_SEED, width), n));
  const w = mapping(tape, layers, chance?.z ?? fixed());
  const { features, whole } = encode(tape, layers, config, x);
  const kept = chance ? mul(tape, whole, chance.dropout) : whole;
  const synthesis = new Synthesis(tape, layers, concat(tape, [w, kept]), chance?.noise ?? null);
  const dense = leaky(tape, equalizedLinear(tape, layers, 'synthesis.dense', kept, LEAKY));
  const start = add(tape, dense.view([n, 4, 4, channelsAt(config, 4)]), features.get(4)!);
  let y = synthesis.layer('synthesis.b4.conv', start, false);
  let picture = synthesis.rgb('synthesis.b4.rgb', y);
  for (const edge of resolutions(config).toReversed()) {
    const path = `synthesis.b${edge}`;
    y = add(tape, synthesis.layer(`${path}.up`, y, true), features.get(edge)!);
    y = synthesis.layer(`${path}.conv`, y, false);
    picture = add(tape, upsample(tape, picture), synthesis.rgb(`${path}.rgb`, y));
  }
  return picture;
}

const repeated = (values: Float32Array, n: number): number[] =>
  Array.from({ length: n }, () => [...values]).flat();
