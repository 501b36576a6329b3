import type { Tape } from '../runtime/tape.ts';
import type { Tensor } from '../runtime/tensor.ts';
import { comodganForward } from './comodgan.ts';
import { type ComodganConfig, comodganSpecs } from './comodgan_spec.ts';
import { generatorForward } from './generator.ts';
import { type GeneratorConfig, generatorSpecs } from './generator_spec.ts';
import type { LayerSpec, Layers } from './layers.ts';
import { type ResnetConfig, resnetForward, resnetSpecs } from './resnet.ts';
import { UNET_DEPTH, type UnetConfig, unetForward, unetSpecs } from './unet.ts';

/** A generator as training and editing see it, whatever its architecture. */
export interface GeneratorNetwork {
  /** Names architecture and sizes: networks of equal names have the same weights. */
  readonly name: string;
  readonly specs: readonly LayerSpec[];
  /** Values per token of the prompt's embedding; null where it reads no prompt. */
  readonly context: number | null;
  /** What the sides of a picture are multiples of. */
  readonly multiple: number;
  /** Where it takes squares of one size alone: their edge. */
  readonly edge?: number;
  /** `[n, h, w, 3]` in [-1, 1] to the same; `context` `[n, tokens, values]`, null where it reads no prompt. */
  forward(tape: Tape | null, layers: Layers, x: Tensor, context: Tensor | null): Tensor;
}

/** E2GAN's own generator. */
export const e2ganNetwork = (config: GeneratorConfig): GeneratorNetwork => ({
  name: `e2gan ${JSON.stringify(config)}`,
  specs: generatorSpecs(config),
  context: config.context,
  multiple: 8,
  forward: (tape, layers, x, context) => generatorForward(tape, layers, config, x, context!),
});

/** pix2pix's ResNet generator; it reads no prompt. */
export const resnetNetwork = (config: ResnetConfig): GeneratorNetwork => ({
  name: `resnet ${JSON.stringify(config)}`,
  specs: resnetSpecs(config),
  context: null,
  multiple: 4,
  forward: (tape, layers, x) => resnetForward(tape, layers, config, x),
});

/** pix2pix's U-Net; it reads no prompt. */
export const unetNetwork = (config: UnetConfig): GeneratorNetwork => ({
  name: `unet ${JSON.stringify(config)}`,
  specs: unetSpecs(config),
  context: null,
  multiple: 2 ** (config.depth ?? UNET_DEPTH),
  forward: (tape, layers, x) => unetForward(tape, layers, x, config.depth),
});

/** Co-Mod-GAN's generator, without noise and with one fixed z: the same picture always becomes the same. */
export const comodganNetwork = (config: ComodganConfig): GeneratorNetwork => ({
  name: `comodgan ${JSON.stringify(config)}`,
  specs: comodganSpecs(config),
  context: null,
  multiple: config.edge,
  edge: config.edge,
  forward: (tape, layers, x) => comodganForward(tape, layers, config, x, null),
});
