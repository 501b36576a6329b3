import { designFault, type NetworkDesign, networkOf } from '../model/network_design.ts';
import { UNET_DEPTH } from '../model/unet.ts';
import type { GanKind } from '../runtime/ops/loss.ts';
import { usageError } from './errors.ts';

/** The networks that E2GAN is compared with, as `--network` names them. */
export const BASELINES = ['resnet9', 'unet', 'comodgan'] as const;

export type BaselineName = (typeof BASELINES)[number];

/** What a network is trained with where nothing else is asked for. */
interface Recipe {
  /** The published one. */
  readonly width: number;
  /** For small devices and pictures of 64 or 128 pixels. */
  readonly narrow: number;
  readonly lr: number;
  readonly gan: GanKind;
}

export const RECIPES: Readonly<Record<BaselineName, Recipe>> = {
  resnet9: { width: 64, narrow: 16, lr: 2e-4, gan: 'lsgan' },
  unet: { width: 64, narrow: 16, lr: 2e-4, gan: 'lsgan' },
  comodgan: { width: 512, narrow: 32, lr: 2e-3, gan: 'vanilla' },
};

const MIN_UNET_DEPTH = 4;

/** How often a side can be halved without a rest. */
function halvings(size: number): number {
  let count = 0;
  while (size % 2 ** (count + 1) === 0) count++;
  return count;
}

function unetDepth(size: number): number {
  const depth = Math.min(UNET_DEPTH, halvings(size));
  if (depth < MIN_UNET_DEPTH)
    throw usageError(
      `--size ${size}: a U-Net takes multiples of ${2 ** MIN_UNET_DEPTH}, best a power of two`,
    );
  return depth;
}

function unchecked(name: BaselineName, width: number, size: number): NetworkDesign {
  switch (name) {
    case 'resnet9':
      return { kind: 'resnet', config: { width, blocks: 9 } };
    case 'unet':
      return { kind: 'unet', config: { width, depth: unetDepth(size) } };
    case 'comodgan':
      return { kind: 'comodgan', config: { edge: size, width } };
  }
}

/**
 * The network for pictures of `size` pixels; `width` is the channels of the first layer, or the most that Co-Mod-GAN has.
 *
 * @throws UserError where it takes no pictures of that size
 */
export function baselineDesign(name: BaselineName, width: number, size: number): NetworkDesign {
  const design = unchecked(name, width, size);
  const fault = designFault(design);
  if (fault) throw usageError(`--network ${name}: ${fault}`);
  return design;
}

/**
 * Held-out pictures are edited whole, at the size that pictures are loaded at.
 *
 * @throws UserError where the network takes none of that size
 */
export function checkLoadSize(
  name: BaselineName,
  design: NetworkDesign,
  size: number,
  loadSize: number,
): void {
  const { multiple, edge } = networkOf(design);
  if (edge !== undefined && loadSize !== size)
    throw usageError(`--load-size ${loadSize}: ${name} takes pictures of --size alone; leave it out`);
  if (loadSize % multiple)
    throw usageError(`--load-size ${loadSize}: ${name} takes multiples of ${multiple} here`);
}
