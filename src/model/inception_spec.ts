import { FormatError, quoted } from './format_error.ts';
import { finiteFloats, type NamedArray } from './safetensors.ts';
import { type Arrays, matchArrays } from './weights.ts';

/** One convolution with its batch norm and ReLU. */
export interface InceptionConv {
  readonly name: string;
  /** Channels it makes in the published network. */
  readonly out: number;
  /** (vertical, horizontal) */
  readonly kernel: readonly [number, number];
  readonly stride: 1 | 2;
  /** Without padding; otherwise half of the kernel on each side. */
  readonly valid: boolean;
}

/** A step of a branch: a convolution, a 3 x 3 pooling, or several convolutions of the same input, side by side. */
export type InceptionStep = InceptionConv | 'average' | 'maximum' | 'pool' | readonly InceptionConv[];

/** A block: branches of the same input, side by side along the channels. */
export interface InceptionBlock {
  readonly name: string;
  readonly branches: readonly (readonly InceptionStep[])[];
}

function conv(name: string, out: number, kernel: number | readonly [number, number] = 1): InceptionConv {
  const size = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
  return { name, out, kernel: size, stride: 1, valid: false };
}

/** 3 x 3 without padding. */
const valid = (name: string, out: number, stride: 1 | 2): InceptionConv => ({
  ...conv(name, out, 3),
  stride,
  valid: true,
});

const WIDE = [1, 7] as const;
const TALL = [7, 1] as const;

const blockA = (name: string, pooled: number): InceptionBlock => ({
  name,
  branches: [
    [conv('branch1x1', 64)],
    [conv('branch5x5_1', 48), conv('branch5x5_2', 64, 5)],
    [conv('branch3x3dbl_1', 64), conv('branch3x3dbl_2', 96, 3), conv('branch3x3dbl_3', 96, 3)],
    ['average', conv('branch_pool', pooled)],
  ],
});

const blockB: InceptionBlock = {
  name: 'Mixed_6a',
  branches: [
    [valid('branch3x3', 384, 2)],
    [conv('branch3x3dbl_1', 64), conv('branch3x3dbl_2', 96, 3), valid('branch3x3dbl_3', 96, 2)],
    ['maximum'],
  ],
};

const blockC = (name: string, c: number): InceptionBlock => ({
  name,
  branches: [
    [conv('branch1x1', 192)],
    [conv('branch7x7_1', c), conv('branch7x7_2', c, WIDE), conv('branch7x7_3', 192, TALL)],
    [
      conv('branch7x7dbl_1', c),
      conv('branch7x7dbl_2', c, TALL),
      conv('branch7x7dbl_3', c, WIDE),
      conv('branch7x7dbl_4', c, TALL),
      conv('branch7x7dbl_5', 192, WIDE),
    ],
    ['average', conv('branch_pool', 192)],
  ],
});

const blockD: InceptionBlock = {
  name: 'Mixed_7a',
  branches: [
    [conv('branch3x3_1', 192), valid('branch3x3_2', 320, 2)],
    [
      conv('branch7x7x3_1', 192),
      conv('branch7x7x3_2', 192, WIDE),
      conv('branch7x7x3_3', 192, TALL),
      valid('branch7x7x3_4', 192, 2),
    ],
    ['maximum'],
  ],
};

const blockE = (name: string, pooling: 'average' | 'pool'): InceptionBlock => ({
  name,
  branches: [
    [conv('branch1x1', 320)],
    [conv('branch3x3_1', 384), [conv('branch3x3_2a', 384, [1, 3]), conv('branch3x3_2b', 384, [3, 1])]],
    [
      conv('branch3x3dbl_1', 448),
      conv('branch3x3dbl_2', 384, 3),
      [conv('branch3x3dbl_3a', 384, [1, 3]), conv('branch3x3dbl_3b', 384, [3, 1])],
    ],
    [pooling, conv('branch_pool', 192)],
  ],
});

/** What comes before the blocks; `maximum` is 3 x 3, stride 2. */
export const INCEPTION_STEM: readonly InceptionStep[] = [
  valid('Conv2d_1a_3x3', 32, 2),
  valid('Conv2d_2a_3x3', 32, 1),
  conv('Conv2d_2b_3x3', 64, 3),
  'maximum',
  conv('Conv2d_3b_1x1', 80),
  valid('Conv2d_4a_3x3', 192, 1),
  'maximum',
];

/**
 * The blocks up to pool3; `pool` in the last one is a maximum in the FID network and an average in torchvision's.
 * @see Szegedy et al. 2016, Rethinking the Inception architecture
 */
export const INCEPTION_BLOCKS: readonly InceptionBlock[] = [
  blockA('Mixed_5b', 32),
  blockA('Mixed_5c', 64),
  blockA('Mixed_5d', 64),
  blockB,
  blockC('Mixed_6b', 128),
  blockC('Mixed_6c', 160),
  blockC('Mixed_6d', 160),
  blockC('Mixed_6e', 192),
  blockD,
  blockE('Mixed_7b', 'average'),
  blockE('Mixed_7c', 'pool'),
];

const NORM = ['weight', 'bias', 'running_mean', 'running_var'] as const;

/** Shapes of all convolutions and norms by name, channels divided by `divide`. */
function inceptionShapes(divide: number): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  const add = (prefix: string, step: InceptionStep, channels: number): number => {
    if (typeof step === 'string') return channels;
    if (!('name' in step)) return step.reduce((sum, part) => sum + add(prefix, part, channels), 0);
    const out = step.out / divide;
    shapes.set(`${prefix}${step.name}.conv.weight`, [out, channels, ...step.kernel]);
    for (const part of NORM) shapes.set(`${prefix}${step.name}.bn.${part}`, [out]);
    return out;
  };
  let channels = 3;
  for (const step of INCEPTION_STEM) channels = add('', step, channels);
  for (const { name, branches } of INCEPTION_BLOCKS) {
    const input = channels;
    const outs = branches.map((steps) => steps.reduce((c, step) => add(`${name}.`, step, c), input));
    channels = outs.reduce((a, b) => a + b, 0);
  }
  return shapes;
}

/** Inception-V3's weights, checked. */
export interface InceptionFile {
  readonly arrays: Arrays;
  /** `fid`: TensorFlow's network of 2015 as pytorch-fid and torch-fidelity carry it; `torchvision`: its own. */
  readonly variant: 'fid' | 'torchvision';
}

// Classes that the published FID network tells apart; torchvision's knows 1000.
const FID_CLASSES = 1008;
const FIRST = 'Conv2d_1a_3x3';

/**
 * The weights of a file up to pool3. Its classifier is not kept, but its size tells which of the two networks it is;
 * without one it is taken for the FID network. A narrower network, every width divided alike, is read too.
 *
 * @throws FormatError naming the tensor that is missing or does not fit
 */
export function inceptionFile(tensors: ReadonlyMap<string, NamedArray>): InceptionFile {
  const first = tensors.get(`${FIRST}.conv.weight`);
  if (!first)
    throw new FormatError(`it has no tensor ${quoted(`${FIRST}.conv.weight`)}: it is not Inception-V3`);
  const classes = tensors.get('fc.weight')?.shape[0] ?? FID_CLASSES;
  const isOther = (name: string) => /^(fc|AuxLogits)\.|\.num_batches_tracked$/.test(name);
  const kept = [...tensors].filter(([name]) => !isOther(name));
  const arrays = new Map(kept.map(([name, array]) => [name, finiteFloats(name, array)]));
  matchArrays(inceptionShapes(32 / first.shape[0]!), arrays);
  return { arrays, variant: classes === FID_CLASSES ? 'fid' : 'torchvision' };
}
