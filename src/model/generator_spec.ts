import type { LayerSpec } from './layers.ts';

/** Sizes of an E2GAN generator. Pictures are any multiple of 8 on each side. */
export interface GeneratorConfig {
  /** Channels of the stem; the trunk has four times as many. */
  readonly width: number;
  readonly heads: number;
  /** Values per token of the prompt's embedding. */
  readonly context: number;
  /**
   * Adds the trunk's features around DS, transformer and US, and those of down1 to up1's; and the head mixes what it
   * paints with the picture itself, by a mask that it also makes. The paper has none of these; a narrow network needs
   * them (docs/decisions/0004).
   */
  readonly skips: boolean;
}

/** `paper` is the reference design of the paper; `small` and `tiny` are for slower devices, tests and demos. */
export const generatorPresets = {
  paper: { width: 64, heads: 8, context: 768, skips: false },
  small: { width: 32, heads: 4, context: 768, skips: true },
  tiny: { width: 16, heads: 2, context: 768, skips: true },
} as const satisfies Readonly<Record<string, GeneratorConfig>>;

export type PresetName = keyof typeof generatorPresets;

/** The seven groups of layers that E2GAN analyses. */
export type LayerGroup = 'down' | 'residual1' | 'ds' | 'transformer' | 'us' | 'residual2' | 'up';

const conv = (path: string, i: number, o: number, k: number): LayerSpec => ({
  path,
  kind: 'conv2d',
  weight: [o, i, k, k],
  bias: true,
});

const convTranspose = (path: string, i: number, o: number): LayerSpec => ({
  path,
  kind: 'conv_transpose2d',
  weight: [i, o, 3, 3],
  bias: true,
});

const linear = (path: string, i: number, o: number, bias: boolean): LayerSpec => ({
  path,
  kind: 'linear',
  weight: [o, i],
  bias,
});

const norm = (path: string, channels: number): LayerSpec => ({
  path,
  kind: 'norm',
  weight: [channels],
  bias: true,
});

const residual = (path: string, c: number): LayerSpec[] => [
  conv(`${path}.conv1`, c, c, 3),
  conv(`${path}.conv2`, c, c, 3),
];

function transformer(c: number, context: number): LayerSpec[] {
  return [
    linear('tb.proj_in', c, c, true),
    norm('tb.ln1', c),
    linear('tb.self.q', c, c, false),
    linear('tb.self.k', c, c, false),
    linear('tb.self.v', c, c, false),
    linear('tb.self.out', c, c, true),
    norm('tb.ln2', c),
    linear('tb.cross.q', c, c, false),
    linear('tb.cross.k', context, c, false),
    linear('tb.cross.v', context, c, false),
    linear('tb.cross.out', c, c, true),
    norm('tb.ln3', c),
    linear('tb.ff.in', c, 8 * c, true),
    linear('tb.ff.out', 4 * c, c, true),
    linear('tb.proj_out', c, c, true),
  ];
}

/**
 * Layers of the generator in the order of its forward pass: stem, down1, down2, two residual blocks, DS, transformer
 * block, US, residual block, up1, up2, head. `paper` has 7,186,179 weights.
 *
 * @see Gong et al. 2024 (E2GAN), figure 3
 */
export function generatorSpecs({ width: w, context, skips }: GeneratorConfig): LayerSpec[] {
  // What no norm follows keeps its scale only if it starts with it.
  const zero = (spec: LayerSpec): LayerSpec => ({ ...spec, init: 'zero' });
  const he = (spec: LayerSpec): LayerSpec => (skips ? { ...spec, init: 'he' } : spec);
  return [
    skips ? he(conv('stem', 9, w, 5)) : conv('stem', 3, w, 7),
    he(conv('down1', w, 2 * w, 3)),
    conv('down2', 2 * w, 4 * w, 3),
    ...residual('rb1', 4 * w),
    ...residual('rb2', 4 * w),
    conv('ds', 4 * w, 4 * w, 3),
    ...transformer(4 * w, context),
    he(convTranspose('us', 4 * w, 4 * w)),
    ...residual('rb3', 4 * w),
    he(convTranspose('up1', 4 * w, 2 * w)),
    he(convTranspose('up2', 2 * w, w)),
    ...(skips ? [zero(conv('head', w, 6, 7)), zero(conv('mix', 9, 3, 1))] : [conv('head', w, 3, 7)]),
  ];
}

/** Group of a layer, by the first part of its path. */
export function layerGroup(path: string): LayerGroup {
  const groups: Readonly<Record<string, LayerGroup>> = {
    stem: 'down',
    down1: 'down',
    down2: 'down',
    rb1: 'residual1',
    rb2: 'residual1',
    ds: 'ds',
    tb: 'transformer',
    us: 'us',
    rb3: 'residual2',
    up1: 'up',
    up2: 'up',
    head: 'up',
    mix: 'up',
  };
  return groups[path.split('.')[0]!]!;
}
