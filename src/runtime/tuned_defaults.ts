import type { Choices } from './tuner.ts';

/** What an adapter says of itself, as far as it tells devices apart. */
export type AdapterNames = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description'>;

interface Shipped {
  readonly fits: (names: AdapterNames) => boolean;
  readonly choices: Readonly<Record<string, string>>;
}

/**
 * Mesa's llvmpipe with subgroups of 8, two cores: processor time (`e2gan tune --timer processor`) of a LoRA step of tiny at
 * 64 and 128. The machine did other work too: kept are the forms that beat the rule's by 15 % or more in each of two
 * comparisons of nine interleaved rounds.
 */
const LLVMPIPE_8: Shipped = {
  fits: ({ vendor, device }) => vendor === 'mesa' && /^llvmpipe.*-256-bits-?$/.test(device),
  choices: {
    'conv2d/forward 1x1 s1 16384x8x8 z1': 'register 8x2',
    'conv2d/forward 3x3 s1 256x64x576 z1': 'subgroup 16x1',
    'conv2d/forward 3x3 s2 256x64x288 z1': 'subgroup 16x1',
    'conv2d/forward 3x3 s2 256x64x576 z1': 'subgroup 16x1',
    'conv2d/forward 3x3 s2 64x64x576 z1': 'subgroup 16x1',
    'conv2d/forward 4x4 s1 49x128x1024 z1': 'subgroup 16x1',
    'conv2d/forward 4x4 s2 256x32x256 z1': 'subgroup 16x1',
    'conv2d/forward 4x4 s2 256x64x512 z1': 'subgroup 16x1',
    'conv2d/grad_w 1x1 s1 8x8x4096 z1': 'subgroup 8x1',
    'conv2d/grad_w 1x1 s1 8x8x4096 z4': 'subgroup 8x1',
    'conv2d/grad_w 3x3 s2 144x4x1024 z1': 'subgroup 24x1',
    'conv2d/grad_w 3x3 s2 576x8x256 z1': 'register 8x2',
    'conv2d/grad_w 3x3 s2 576x8x64 z1': 'register 8x2',
    'conv2d/grad_w 3x3 s2 72x32x1024 z1': 'subgroup 16x1',
    'conv2d/grad_w 3x3 s2 72x32x4096 z1': 'subgroup 16x1',
    'conv2d/grad_w 4x4 s2 256x32x256 z1': 'subgroup 16x1',
    'conv2d/grad_w 4x4 s2 96x16x1024 z1': 'subgroup 16x1',
    'conv2d/grad_w 7x7 s1 784x8x4096 z1': 'register 8x2',
    'conv2d/grad_w 7x7 s1 784x8x4096 z4': 'register 8x2',
    'conv2d/grad_x 1x1 s1 16384x8x16 z1': 'register 8x2',
    'conv2d/grad_x 1x1 s1 4096x8x16 z1': 'register 8x2',
    'conv2d/grad_x 1x1 s1 4096x8x6 z1': 'register 8x2',
    'conv2d/grad_x 3x3 s2 1024x16x2.25 z4': 'register 8x2',
    'conv2d/grad_x 3x3 s2 1024x8x144 z4': 'register 8x2',
    'conv2d/grad_x 3x3 s2 4096x16x2.25 z4': 'register 8x2',
    'conv2d/grad_x 3x3 s2 4096x8x72 z4': 'register 8x2',
    'conv2d/grad_x 3x3 s2 64x64x144 z4': 'subgroup 24x2',
    'conv2d/grad_x 4x4 s1 49x128x16 z1': 'subgroup 24x2',
    'conv2d/grad_x 4x4 s2 1024x8x64 z4': 'register 8x2',
    'conv2d/grad_x 4x4 s2 4096x8x64 z4': 'register 8x2',
    'matmul/forward 256x64x1 z1': 'plain 4x1',
    'matmul/forward 256x64x256 z1': 'subgroup 24x1',
    'matmul/forward 64x4x64 z1': 'subgroup 8x1',
    'matmul/forward 64x512x64 z1': 'subgroup 24x2',
    'matmul/forward 77x4x64 z1': 'subgroup 16x1',
    'matmul/forward 77x4x768 z1': 'subgroup 16x1',
    'matmul/forward 77x64x768 z1': 'subgroup 24x1',
    'matmul/forward a^T 64x4x256 z1': 'subgroup 8x1',
    'matmul/forward a^T 64x4x64 z1': 'subgroup 8x1',
  },
};

/** Forms that clearly beat the rule where they were measured. */
const SHIPPED: readonly Shipped[] = [LLVMPIPE_8];

/** The forms that the package brings for this device; a user's own measurements go before them. */
export function shippedChoices(names: AdapterNames): Choices {
  const found = SHIPPED.filter(({ fits }) => fits(names));
  return new Map(found.flatMap(({ choices }) => Object.entries(choices)));
}
