import { type ComodganConfig, comodganFault } from './comodgan_spec.ts';
import {
  comodganNetwork,
  e2ganNetwork,
  type GeneratorNetwork,
  resnetNetwork,
  unetNetwork,
} from './generator_network.ts';
import type { GeneratorConfig } from './generator_spec.ts';
import type { ResnetConfig } from './resnet.ts';
import type { UnetConfig } from './unet.ts';

/** A generator's architecture and sizes, as files and commands name them. */
export type NetworkDesign =
  | { readonly kind: 'e2gan'; readonly config: GeneratorConfig }
  | { readonly kind: 'resnet'; readonly config: ResnetConfig }
  | { readonly kind: 'unet'; readonly config: Required<UnetConfig> }
  | { readonly kind: 'comodgan'; readonly config: ComodganConfig };

export type NetworkKind = NetworkDesign['kind'];

/** The network of a design. */
export function networkOf(design: NetworkDesign): GeneratorNetwork {
  switch (design.kind) {
    case 'e2gan':
      return e2ganNetwork(design.config);
    case 'resnet':
      return resnetNetwork(design.config);
    case 'unet':
      return unetNetwork(design.config);
    case 'comodgan':
      return comodganNetwork(design.config);
  }
}

// More stages than any picture can be halved, and than anyone trains.
const MAX_DEPTH = 12;
const MAX_BLOCKS = 256;

/** Why there is no such network, or null. */
export function designFault(design: NetworkDesign): string | null {
  if (design.kind === 'comodgan') return comodganFault(design.config);
  if (design.kind === 'resnet' && design.config.blocks > MAX_BLOCKS)
    return `${design.config.blocks} blocks are more than ${MAX_BLOCKS}`;
  const depth = design.kind === 'unet' ? design.config.depth : 2;
  return depth >= 2 && depth <= MAX_DEPTH ? null : `a depth of ${depth}, it is from 2 to ${MAX_DEPTH}`;
}
