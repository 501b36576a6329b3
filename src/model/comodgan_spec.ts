import type { LayerSpec } from './layers.ts';

/** Sizes of Co-Mod-GAN. The published one is edge 256, width 512: 79,177,250 weights in the generator. */
export interface ComodganConfig {
  /** Edge of its pictures, which are squares: a power of two from 8. */
  readonly edge: number;
  /** Channels up to 64x64, halved with each doubling beyond; also the length of z and w. A multiple of 4. */
  readonly width: number;
}

// Beyond this a picture no longer fits into one buffer.
const MAX_EDGE = 4096;

/** Why there is no such network, or null. */
export function comodganFault({ edge, width }: ComodganConfig): string | null {
  if (!Number.isInteger(Math.log2(edge)) || edge < 8 || edge > MAX_EDGE)
    return `pictures of ${edge} pixels, it takes a power of two from 8 to ${MAX_EDGE}`;
  return width % 4 === 0 ? null : `a width of ${width}, it takes multiples of 4`;
}

export const MAPPING_LAYERS = 8;
/** What the mapping network's weights learn slower by. */
export const MAPPING_RATE = 0.01;

/** Channels at a resolution; min(16384 / 2^stage, 512) at the published width, with stage = log2(edge) - 1. */
export const channelsAt = ({ width }: ComodganConfig, edge: number): number =>
  Math.max(1, Math.min(width, Math.floor((64 * width) / edge)));

/** Resolutions from `edge` down to 8; each halves into the next, the last into 4. */
export const resolutions = ({ edge }: ComodganConfig): number[] =>
  Array.from({ length: Math.log2(edge) - 2 }, (_, i) => edge / 2 ** i);

const UNIT = { std: 1 } as const;

const conv = (path: string, i: number, o: number, k: number, bias = true): LayerSpec => ({
  path,
  kind: 'conv2d',
  weight: [o, i, k, k],
  bias,
  init: UNIT,
});

const linear = (path: string, i: number, o: number, std = 1): LayerSpec => ({
  path,
  kind: 'linear',
  weight: [o, i],
  bias: true,
  init: { std },
});

/** A modulated convolution: its weight, the layer that makes its style, and how strong its noise is. */
function modulated(
  { width }: ComodganConfig,
  weight: LayerSpec,
  inputs: number,
  noise: boolean,
): LayerSpec[] {
  const { path } = weight;
  const strength: LayerSpec = { path: `${path}.noise`, kind: 'norm', weight: [1], bias: false, init: 'zero' };
  return [weight, linear(`${path}.style`, 3 * width, inputs), ...(noise ? [strength] : [])];
}

function synthesisBlock(config: ComodganConfig, edge: number): LayerSpec[] {
  const path = `synthesis.b${edge}`;
  const c = channelsAt(config, edge);
  const before = channelsAt(config, edge / 2);
  const up = {
    ...conv(`${path}.up`, before, c, 3),
    kind: 'conv_transpose2d',
    weight: [before, c, 3, 3],
  } as const;
  return [
    ...(edge > 4 ? modulated(config, up, before, true) : []),
    ...modulated(config, conv(`${path}.conv`, c, c, 3), c, true),
    ...modulated(config, conv(`${path}.rgb`, c, 3, 1), c, false),
  ];
}

/**
 * Layers of the generator: mapping network, encoder, synthesis network. Weights start as N(0, 1) and are scaled where they
 * are used (equalised learning rate).
 *
 * @see Zhao et al. 2021 (Co-Mod-GAN), Karras et al. 2020 (StyleGAN2)
 */
export function comodganSpecs(config: ComodganConfig): LayerSpec[] {
  const { width, edge } = config;
  const c = (at: number) => channelsAt(config, at);
  const down = resolutions(config);
  return [
    ...Array.from({ length: MAPPING_LAYERS }, (_, i) =>
      linear(`mapping.${i}`, width, width, 1 / MAPPING_RATE),
    ),
    conv('encoder.rgb', 3, c(edge), 1),
    ...down.flatMap((at) => [
      conv(`encoder.b${at}.conv`, c(at), c(at), 3),
      conv(`encoder.b${at}.down`, c(at), c(at / 2), 3),
    ]),
    conv('encoder.b4.conv', c(4), c(4), 3),
    linear('encoder.dense', 16 * c(4), 2 * width),
    linear('synthesis.dense', 2 * width, 16 * c(4)),
    ...[4, ...down.toReversed()].flatMap((at) => synthesisBlock(config, at)),
  ];
}

/** The convolutions that noise is added to, in order, with the edge of their noise. */
export const noiseLayers = (config: ComodganConfig): { path: string; edge: number }[] => [
  { path: 'synthesis.b4.conv', edge: 4 },
  ...resolutions(config)
    .toReversed()
    .flatMap((edge) => ['up', 'conv'].map((name) => ({ path: `synthesis.b${edge}.${name}`, edge }))),
];

/**
 * Layers of the discriminator, which sees source and picture side by side: residual blocks, then the spread of the
 * minibatch as one more channel. 28,864,513 weights at the published size.
 */
export function comodganJudgeSpecs(config: ComodganConfig): LayerSpec[] {
  const c = (at: number) => channelsAt(config, at);
  return [
    conv('rgb', 6, c(config.edge), 1),
    ...resolutions(config).flatMap((at) => [
      conv(`b${at}.conv`, c(at), c(at), 3),
      conv(`b${at}.down`, c(at), c(at / 2), 3),
      conv(`b${at}.skip`, c(at), c(at / 2), 1, false),
    ]),
    conv('b4.conv', c(4) + 1, c(4), 3),
    linear('dense', 16 * c(4), c(4)),
    linear('score', c(4), 1),
  ];
}
